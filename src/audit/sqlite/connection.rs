//! The one connection to the file.

use std::{str::FromStr, time::Duration};

use sqlx::{
    SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::read_permit;
use crate::{
    audit::{
        AuditError,
        schema::{self, AppliedMigrations},
    },
    private_file,
    store::sqlite::rollback::with_stuck_connection_replacement,
};

/// How long another process is waited for that has the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the one connection is waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// Every commit is on disk before it is answered (`synchronous = FULL`): what the audit has taken is
/// deleted from the outbox next, and a power cut must not find it in neither place.
pub(super) async fn open(url: &str) -> Result<SqlitePool, AuditError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| AuditError::Setting(format!("is not a SQLite URL: {error}")))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .locking_mode(SqliteLockingMode::Exclusive)
        // What is erased must not stay readable in parts of the file that are free.
        .pragma("secure_delete", "on")
        .busy_timeout(BUSY_TIMEOUT);
    if !url.contains(":memory:") {
        let made = private_file::create_if_missing(options.get_filename()).await;
        made.map_err(|error| AuditError::unavailable("making the file that audit.url names", error))?;
    }
    let pool_options = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None);
    with_stuck_connection_replacement(read_permit::with_interrupt_reset(pool_options))
        .connect_with(options)
        .await
        .map_err(|error| AuditError::unavailable("opening the file that audit.url names", error))
}

/// The migrations that the file has had.
pub(super) async fn applied(connection: &mut SqliteConnection) -> sqlx::Result<AppliedMigrations> {
    let begun = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)")
        .bind(schema::TABLE);
    if !begun.fetch_one(&mut *connection).await? {
        return Ok(AppliedMigrations::default());
    }
    AppliedMigrations::read(connection).await
}
