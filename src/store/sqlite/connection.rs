//! The location of the file, and the single connection to it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{disk_reserve::DiskReserve, schema, transaction::EngineError};
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

/// A location: `sqlite://<path>`, `sqlite:<path>` or `sqlite::memory:`. With `?synchronous=normal` a power failure may
/// undo the last changes. The path is used verbatim, without percent decoding.
#[derive(Debug)]
struct DatabaseLocation {
    /// `None`: in memory, until the process ends.
    file: Option<PathBuf>,
    synchronous: SqliteSynchronous,
}

impl DatabaseLocation {
    /// Parses a URL. The error completes "cannot open the session store: ".
    fn parse(url: &str) -> Result<Self, String> {
        let rest = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .ok_or_else(|| format!("{url} does not begin with sqlite://"))?;
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() {
            return Err(format!("{url} contains no file path; use sqlite::memory: for an in-memory store"));
        }
        let mut synchronous = SqliteSynchronous::Full;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            synchronous = match option {
                "synchronous=full" => SqliteSynchronous::Full,
                "synchronous=normal" => SqliteSynchronous::Normal,
                _ => {
                    let supported = "supported: synchronous=full, synchronous=normal";
                    return Err(format!("unknown option {option}; {supported}"));
                }
            };
        }
        Ok(Self { file: (path != ":memory:").then(|| path.into()), synchronous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> Option<PathBuf> {
        DatabaseLocation::parse(url).expect("location").file
    }

    #[test]
    fn a_path_is_relative_or_absolute() {
        assert_eq!(file("sqlite://data/s.db"), Some("data/s.db".into()));
        assert_eq!(file("sqlite:///var/s.db?synchronous=normal"), Some("/var/s.db".into()));
        assert_eq!(file("sqlite::memory:"), None);
        assert_eq!(file("sqlite://:memory:"), None);
    }

    #[test]
    fn every_change_is_on_disk_unless_the_url_says_otherwise() {
        let synchronous = |url| DatabaseLocation::parse(url).expect("location").synchronous;
        assert!(matches!(synchronous("sqlite://s.db"), SqliteSynchronous::Full));
        assert!(matches!(synchronous("sqlite://s.db?synchronous=normal"), SqliteSynchronous::Normal));
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in ["redis://h", "sqlite://", "sqlite://s.db?mode=ro", "sqlite://s.db?synchronous=off"] {
            assert!(DatabaseLocation::parse(wrong).is_err(), "{wrong}");
        }
    }
}
