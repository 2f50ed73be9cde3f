//! The single connection to the file.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions},
};

use super::{database_location::DatabaseLocation, disk_reserve::DiskReserve, engine_error::EngineError, schema};
use crate::{private_file, sqlite::with_stuck_connection_replacement, store::StoreError};

const OPENING: &str = "opening the session store";

/// Maximum time that startup waits for another process to release the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum time that a transaction waits for the connection. Beyond that it does not begin.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Size to which the write-ahead log is truncated after a burst: 64 MiB.
const WAL_SIZE_LIMIT: &str = "67108864";

/// SQLite's primary result code for a file that another connection has locked.
const SQLITE_BUSY: u32 = 5;

/// Opens the database at `url`, creates it if it does not exist, and locks it until the pool is closed.
///
/// Also returns the disk reserve of the database.
///
/// The pool has one connection for its whole life. It is the exclusive lock, the queue of the writers and, in memory,
/// the data. A broken connection is replaced.
pub(super) async fn open(url: &str) -> Result<(SqlitePool, DiskReserve), StoreError> {
    let location = DatabaseLocation::parse(url).map_err(|what| open_error(what.into()))?;
    if let Some(file) = &location.file {
        private_file::create_if_missing(file)
            .await
            .map_err(|error| open_error(format!("{}: {error}", file.display()).into()))?;
    }
    let explain = |error| to_open_error(error, location.file.as_deref());
    let pool = pool_options().connect_with(connect_options(&location)).await.map_err(|error| explain(error.into()))?;
    if let Err(error) = schema::prepare(&pool).await {
        pool.close().await;
        return Err(explain(error));
    }
    Ok((pool, DiskReserve::open(location.file.as_deref()).await))
}

fn pool_options() -> SqlitePoolOptions {
    let options = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    with_stuck_connection_replacement(options)
}

fn connect_options(location: &DatabaseLocation) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(location.synchronous)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // Deleted data must not stay readable in free parts of the file.
        .pragma("secure_delete", "on")
        .pragma("journal_size_limit", WAL_SIZE_LIMIT)
        .disable_statement_logging();
    match &location.file {
        Some(file) => options.filename(file),
        None => options.in_memory(true),
    }
}

fn to_open_error(error: EngineError, file: Option<&Path>) -> StoreError {
    match (error, file) {
        (EngineError::Database(error), Some(file)) if is_busy(&error) => open_error(
            format!(
                "{} is in use by another process; an SQLite store supports one process: stop the other process, \
                 use a different file, or use Redis",
                file.display()
            )
            .into(),
        ),
        (error, _) => error.into_store_error(OPENING),
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    // The low byte of an extended code is the primary one.
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

fn open_error(source: crate::store::error::BoxError) -> StoreError {
    StoreError::Unreachable { during: OPENING, source }
}
