//! A file and the last database that was loaded from it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{GeoDatabase, GeoDatabaseError, file};
use crate::file_stamp::FileStamp;

/// The outcome of a check of a file.
#[derive(Debug)]
pub enum DatabaseReloadOutcome {
    /// The file is unchanged.
    Unchanged,
    /// The current content of the file is in use.
    Loaded(Arc<GeoDatabase>),
    /// The file cannot be used; the previous database stays in use, if there was one. Returned once for each reason.
    Rejected(String),
}

#[derive(Debug)]
pub(super) struct WatchedFile {
    path: PathBuf,
    current: RwLock<Option<Arc<GeoDatabase>>>,
    last_check: Mutex<LastCheck>,
}

/// The result of the last check.
#[derive(Debug, Default)]
struct LastCheck {
    stamp: Option<FileStamp>,
    failure: Option<LoadFailure>,
}

#[derive(Clone, Debug)]
struct LoadFailure {
    reason: String,
    is_transient: bool,
}

impl WatchedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), current: RwLock::default(), last_check: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn current(&self) -> Option<Arc<GeoDatabase>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the reason for which the current content of the file is not in use.
    pub(super) fn failure(&self) -> Option<String> {
        let last = self.last_check.lock().unwrap_or_else(PoisonError::into_inner);
        last.failure.as_ref().map(|failure| failure.reason.clone())
    }

    /// Loads the file if it has changed. Blocks on the file system and on the verification of the database.
    pub(super) fn reload_if_changed(&self) -> DatabaseReloadOutcome {
        let mut last = self.last_check.lock().unwrap_or_else(PoisonError::into_inner);
        let may_pass = last.failure.as_ref().is_some_and(|failure| failure.is_transient);
        let stamp = FileStamp::from_path(&self.path).ok();
        if stamp.is_some() && stamp == last.stamp && !may_pass {
            return DatabaseReloadOutcome::Unchanged;
        }
        match self.read() {
            Ok((database, stamp)) => {
                *last = LastCheck { stamp: Some(stamp), failure: None };
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&database));
                DatabaseReloadOutcome::Loaded(database)
            }
            Err(error) => {
                let failure = LoadFailure { reason: error.to_string(), is_transient: error.is_transient() };
                let is_known = last.failure.as_ref().is_some_and(|known| known.reason == failure.reason);
                let is_same = is_known && last.stamp == stamp;
                let reason = failure.reason.clone();
                *last = LastCheck { stamp, failure: Some(failure) };
                if is_same { DatabaseReloadOutcome::Unchanged } else { DatabaseReloadOutcome::Rejected(reason) }
            }
        }
    }

    fn read(&self) -> Result<(Arc<GeoDatabase>, FileStamp), GeoDatabaseError> {
        let (bytes, stamp) = file::read_database_file(&self.path)?;
        Ok((Arc::new(GeoDatabase::new(bytes)?), stamp))
    }
}
