//! Disk space, part of which is reserved for revocations.
//!
//! A file beside the database reserves the space. When the disk is full, operations that make the database larger are
//! refused. A revocation that does not fit releases part of the reserve. The reserve is restored as soon as there is
//! space.

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

/// Size of the reserve: enough for hundreds of revocations, each of which takes a few pages.
const RESERVE_BYTES: u64 = 16 << 20;
/// Size of the part released at a time. Other programs that write to the disk may take the released space.
const RELEASE_BYTES: u64 = 1 << 20;

/// The space that the database can still grow into, as far as known.
#[derive(Debug)]
pub(super) struct DiskReserve {
    /// The reserve file; one task at a time changes its size. `None`: nothing can be reserved.
    reserve: Option<Arc<Mutex<PathBuf>>>,
    is_full: AtomicBool,
}

/// The error of an operation that would make the database larger.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: free disk space; until then sessions can only be validated, listed and revoked")]
struct InsufficientDiskSpace;

impl DiskReserve {
    /// Opens the reserve for the database in `file`, or for one in memory (`None`).
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
                tracing::error!(%error, "the disk is full: sessions cannot be created until space is freed");
                reserve
            }
            Err(error) => {
                tracing::warn!(%error, "failed to reserve disk space; revocations may fail when the disk is full");
                Self { reserve: None, is_full: false.into() }
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Returns an error if the database cannot grow. If the disk was full, tries first to restore the reserve.
    pub(super) async fn ensure_space(&self, during: &'static str) -> Result<(), StoreError> {
        if !self.is_full() {
            return Ok(());
        }
        if self.reserve_all().await.is_err() {
            return Err(StoreError::Unreachable { during, source: InsufficientDiskSpace.into() });
        }
        if self.is_full.swap(false, Ordering::Relaxed) {
            tracing::info!("disk space is available again");
        }
        Ok(())
    }

    /// Marks the disk as full.
    pub(super) fn mark_full(&self) {
        if self.reserve.is_some() && !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::error!("the disk is full: sessions cannot be created until space is freed");
        }
    }

    /// Releases part of the reserve. Returns `false` if none is left.
    pub(super) async fn release_part(&self) -> bool {
        let shrunk = self.with_file(|file| {
            let size = file.metadata()?.len();
            file.set_len(size.saturating_sub(RELEASE_BYTES))?;
            Ok(size > 0)
        });
        shrunk.await.unwrap_or(false)
    }

    /// Restores the whole reserve if the disk has room for it and for one more part.
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
