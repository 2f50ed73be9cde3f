//! A file and the last database that was read from it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{Database, DatabaseError, file};
use crate::file_stamp::FileStamp;

/// What a look at a file led to.
#[derive(Debug)]
pub enum Look {
    /// It is as it was.
    Unchanged,
    /// What is in it now is in use.
    Taken(Arc<Database>),
    /// It cannot be used; the database of before stays, if there was one. Told once for each reason.
    Refused(String),
}

#[derive(Debug)]
pub(super) struct WatchedFile {
    path: PathBuf,
    current: RwLock<Option<Arc<Database>>>,
    last: Mutex<Last>,
}

/// What came of the last look.
#[derive(Debug, Default)]
struct Last {
    stamp: Option<FileStamp>,
    failure: Option<Failure>,
}

#[derive(Clone, Debug)]
struct Failure {
    reason: String,
    may_pass: bool,
}

impl WatchedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), current: RwLock::default(), last: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn current(&self) -> Option<Arc<Database>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why what is in the file now is not in use.
    pub(super) fn failure(&self) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.failure.as_ref().map(|failure| failure.reason.clone())
    }

    /// Takes over what is new in the file. Blocks on the file system and on checking what was read.
    pub(super) fn look(&self) -> Look {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let may_pass = last.failure.as_ref().is_some_and(|failure| failure.may_pass);
        let stamp = FileStamp::of(&self.path).ok();
        if stamp.is_some() && stamp == last.stamp && !may_pass {
            return Look::Unchanged;
        }
        match self.read() {
            Ok((database, stamp)) => {
                *last = Last { stamp: Some(stamp), failure: None };
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&database));
                Look::Taken(database)
            }
            Err(error) => {
                let failure = Failure { reason: error.to_string(), may_pass: error.may_pass() };
                let is_known = last.failure.as_ref().is_some_and(|known| known.reason == failure.reason);
                let is_same = is_known && last.stamp == stamp;
                let reason = failure.reason.clone();
                *last = Last { stamp, failure: Some(failure) };
                if is_same { Look::Unchanged } else { Look::Refused(reason) }
            }
        }
    }

    fn read(&self) -> Result<(Arc<Database>, FileStamp), DatabaseError> {
        let (bytes, stamp) = file::read(&self.path)?;
        Ok((Arc::new(Database::new(bytes)?), stamp))
    }
}
