//! Room on the disk, a part of which only endings may take.
//!
//! A file beside the database reserves it. When the disk is full, whatever makes the database larger is refused, and
//! endings give up a part of the reserve each time they do not fit. It is reserved again as soon as there is room.

use std::{
    fs::{File, OpenOptions},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
};
use tokio::task::spawn_blocking;

use crate::{private_file, store::StoreError};

/// Enough for hundreds of endings, each of which takes a few pages.
const RESERVE_BYTES: u64 = 16 << 20;
/// What endings are given at a time: whoever else writes to the disk may take what is left of it.
const RELEASE_BYTES: u64 = 1 << 20;

/// What the database has left to grow into, as far as is known.
#[derive(Debug)]
pub(super) struct DiskReserve {
    /// The file; one task at a time changes its size. `None`: nothing can be reserved.
    reserve: Option<Arc<Mutex<PathBuf>>>,
    is_full: AtomicBool,
}

/// Why something that makes the database larger was not begun.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: free some room on it; sessions can be validated, listed and ended meanwhile")]
struct InsufficientDiskSpace;

impl DiskReserve {
    /// The database lies in `file`; `None`: in memory.
    pub(super) async fn open(file: Option<&Path>) -> Self {
        let Some(file) = file else { return Self { reserve: None, is_full: false.into() } };
        let mut name = file.as_os_str().to_owned();
        name.push("-reserve");
        let path = PathBuf::from(name);
        let made = private_file::create_if_missing(&path).await;
        let reserve = Self { reserve: Some(Arc::new(Mutex::new(path))), is_full: true.into() };
        let reserved = match made {
            Ok(()) => reserve.reserve_all().await,
            Err(error) => Err(error),
        };
        match reserved {
            Ok(()) => Self { is_full: false.into(), ..reserve },
            Err(error) if is_out_of_space(&error) => {
                tracing::error!(%error, "the disk is full: no session is created until there is room");
                reserve
            }
            Err(error) => {
                tracing::warn!(%error, "failed to reserve room on the disk; on a full disk sessions may not be ended");
                Self { reserve: None, is_full: false.into() }
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Whether the database may become larger. Where the disk was full, it is tried whether there is room again.
    pub(super) async fn ensure_space(&self, during: &'static str) -> Result<(), StoreError> {
        if !self.is_full() {
            return Ok(());
        }
        if self.reserve_all().await.is_err() {
            return Err(StoreError::Unreachable { during, source: InsufficientDiskSpace.into() });
        }
        if self.is_full.swap(false, Ordering::Relaxed) {
            tracing::info!("there is room on the disk again");
        }
        Ok(())
    }

    /// Notes that something did not fit.
    pub(super) fn mark_full(&self) {
        if self.reserve.is_some() && !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::error!("the disk is full: no session is created until there is room; sessions can still be ended");
        }
    }

    /// Gives up a part of the reserve. `false`: nothing is left of it.
    pub(super) async fn release_part(&self) -> bool {
        let shrunk = self.with_file(|file| {
            let size = file.metadata()?.len();
            file.set_len(size.saturating_sub(RELEASE_BYTES))?;
            Ok(size > 0)
        });
        shrunk.await.unwrap_or(false)
    }

    /// Reserves everything again, where there is a part more than that.
    async fn reserve_all(&self) -> std::io::Result<()> {
        self.with_file(|file| {
            let size = file.metadata()?.len();
            let reserved = fallocate(file, FallocateFlags::empty(), 0, RESERVE_BYTES + RELEASE_BYTES);
            file.set_len(if reserved.is_ok() { RESERVE_BYTES } else { size.min(RESERVE_BYTES) })?;
            Ok(reserved?)
        })
        .await
    }

    async fn with_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&File) -> std::io::Result<T> + Send + 'static,
    ) -> std::io::Result<T> {
        let Some(path) = self.reserve.clone() else { return Err(ErrorKind::Unsupported.into()) };
        let work = move || {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let path = path.lock().unwrap_or_else(PoisonError::into_inner);
            work(&options.open(&*path)?)
        };
        spawn_blocking(work).await.map_err(std::io::Error::other)?
    }
}

fn is_out_of_space(error: &std::io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::NOSPC, Errno::DQUOT].iter().any(|errno| code == Some(errno.raw_os_error()))
}
