//! What keeps a statement from being carried out, before it is known for which verb.

use crate::store::{StoreError, error::BoxError};

/// The engine's errors and the store's, told apart until a [`super::step::WriteTransaction`] says what was going on.
#[derive(Debug)]
pub(super) enum EngineError {
    Database(sqlx::Error),
    Store(StoreError),
}

impl EngineError {
    /// The store's error. Within a transaction that was not committed, nothing was changed.
    pub(super) fn into_store_error(self, operation: &'static str) -> StoreError {
        match self {
            Self::Database(error) => StoreError::Unreachable { during: operation, source: to_error_source(error) },
            Self::Store(error) => error,
        }
    }
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// SQLite could not write for lack of room.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: free some room on it ({0})")]
struct DiskFull(#[source] sqlx::Error);

/// The engine's error as a cause, with what to do where the disk is full.
pub(super) fn to_error_source(error: sqlx::Error) -> BoxError {
    if is_out_of_space(&error) { DiskFull(error).into() } else { error.into() }
}

/// Whether a step failed because the disk is full.
pub(super) fn is_disk_full(error: &StoreError) -> bool {
    match error {
        StoreError::Unreachable { source, .. } | StoreError::NoResponse { source, .. } => source.is::<DiskFull>(),
        _ => false,
    }
}

/// `SQLITE_FULL`, `SQLITE_IOERR_WRITE` and `SQLITE_IOERR_FSYNC` (<https://sqlite.org/rescode.html>): the latter two of
/// quotas, limits of files, and disks that tell late.
fn is_out_of_space(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 13 || [778, 1034].contains(&code))
}
