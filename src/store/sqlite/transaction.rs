//! Beginning and end of an operation: the connection, the write transaction, and the errors of statements.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection};

use super::SqliteSessionStore;
use crate::{
    domain::UnixMillis,
    sqlite::{BlobLengthError, rollback},
    store::{StoreError, error::BoxError},
};

impl SqliteSessionStore {
    pub(super) fn check_clock(&self, during: &'static str, now: Option<UnixMillis>) -> Result<(), StoreError> {
        self.fence.as_ref().map_or(Ok(()), |fence| fence.check(during, now))
    }

    pub(super) async fn connection(&self, operation: &'static str) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await.map_err(|error| EngineError::from(error).into_store_error(operation))
    }

    /// Begins a transaction that decides by the time `now`.
    pub(super) async fn begin(
        &self,
        operation: &'static str,
        now: Option<UnixMillis>,
    ) -> Result<WriteTransaction, StoreError> {
        self.check_clock(operation, now)?;
        let transaction = WriteTransaction::begin(&self.pool, operation).await?;
        // The clock may have been set while the transaction waited to begin.
        self.check_clock(operation, now)?;
        Ok(transaction)
    }

    /// Begins a transaction that makes the database larger. Returns an error while the disk is full.
    pub(super) async fn begin_growing(
        &self,
        operation: &'static str,
        now: Option<UnixMillis>,
    ) -> Result<WriteTransaction, StoreError> {
        self.disk_reserve.ensure_space(operation).await?;
        self.begin(operation, now).await
    }

    /// Returns `outcome`, and marks the disk as full if that is why the transaction failed.
    pub(super) fn mark_full_on_error<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome.inspect_err(|error| {
            if is_disk_full(error) {
                self.disk_reserve.mark_full();
            }
        })
    }

    /// Frees part of the disk reserve if the disk was full. Returns whether the operation should be tried again.
    pub(super) async fn try_free_space<T>(&self, outcome: &Result<T, StoreError>) -> bool {
        let Err(error) = outcome else { return false };
        if !is_disk_full(error) {
            return false;
        }
        self.disk_reserve.mark_full();
        self.disk_reserve.release_part().await
    }
}

/// A transaction that may write, for one operation: one atomic step of the engine. If it is dropped before
/// [`WriteTransaction::finish`], nothing changes.
pub(super) struct WriteTransaction {
    transaction: Transaction<'static, Sqlite>,
    operation: &'static str,
}

impl WriteTransaction {
    /// Begins a transaction, after waiting for the previous one: there is one at a time.
    pub(super) async fn begin(pool: &SqlitePool, operation: &'static str) -> Result<Self, StoreError> {
        let transaction = pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| EngineError::from(error).into_store_error(operation))?;
        Ok(Self { transaction, operation })
    }

    /// Commits if the operation returned an outcome, and rolls back if it returned an error.
    pub(super) async fn finish<T>(self, outcome: Result<T, EngineError>) -> Result<T, StoreError> {
        let Self { transaction, operation } = self;
        match outcome {
            Ok(outcome) => match transaction.commit().await {
                Ok(()) => Ok(outcome),
                Err(error) => Err(StoreError::NoResponse { during: operation, source: to_error_source(error) }),
            },
            Err(error) => {
                rollback(transaction).await;
                Err(error.into_store_error(operation))
            }
        }
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}

/// An error of the engine or of the store, before the operation that it belongs to is known.
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

impl From<BlobLengthError> for EngineError {
    fn from(error: BlobLengthError) -> Self {
        Self::Store(StoreError::corrupt("reading a row", error.to_string()))
    }
}

/// The error of SQLite when the disk has no space left.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: free disk space ({0})")]
struct DiskFull(#[source] sqlx::Error);

/// Converts the engine's error to an error source. If the disk is full, it states the remedy.
fn to_error_source(error: sqlx::Error) -> BoxError {
    if is_out_of_space(&error) { DiskFull(error).into() } else { error.into() }
}

/// Returns whether an operation failed because the disk is full.
fn is_disk_full(error: &StoreError) -> bool {
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
