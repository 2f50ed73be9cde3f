//! Errors of statements, before the operation they belong to is known.

use crate::store::{StoreError, error::BoxError};

/// An error of the engine or of the store. [`super::write_transaction::WriteTransaction`] adds the operation.
#[derive(Debug)]
pub(super) enum EngineError {
    Database(sqlx::Error),
    Store(StoreError),
}

impl EngineError {
    /// Converts the error to the store's. In a transaction that was not committed, nothing has changed.
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

/// The error of SQLite when the disk has no space left.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: free disk space ({0})")]
struct DiskFull(#[source] sqlx::Error);

/// Converts the engine's error to an error source. If the disk is full, it states the remedy.
pub(super) fn to_error_source(error: sqlx::Error) -> BoxError {
    if is_out_of_space(&error) { DiskFull(error).into() } else { error.into() }
}

/// Returns whether an operation failed because the disk is full.
pub(super) fn is_disk_full(error: &StoreError) -> bool {
    match error {
        StoreError::Unreachable { source, .. } | StoreError::NoResponse { source, .. } => source.is::<DiskFull>(),
        _ => false,
    }
}

/// Returns whether the disk, a quota or a file size limit is exhausted.
///
/// The codes are `SQLITE_FULL`, `SQLITE_IOERR_WRITE` and `SQLITE_IOERR_FSYNC` (<https://sqlite.org/rescode.html>). The
/// latter two come from quotas, file size limits, and disks that report late.
fn is_out_of_space(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 13 || [778, 1034].contains(&code))
}
