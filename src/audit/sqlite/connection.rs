//! The single connection to the file.

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
    sqlite::with_stuck_connection_replacement,
};

/// Maximum time to wait for another process that has the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum time to wait for the connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// Opens the file. Every commit is on disk before it is acknowledged (`synchronous = FULL`): recorded events are
/// deleted from the outbox next, and after a power failure they must not be missing from both.
pub(super) async fn open(url: &str) -> Result<SqlitePool, AuditError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| AuditError::Setting(format!("is not an SQLite URL: {error}")))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .locking_mode(SqliteLockingMode::Exclusive)
        // Erased data must not stay readable in free parts of the file.
        .pragma("secure_delete", "on")
        .busy_timeout(BUSY_TIMEOUT);
    if !url.contains(":memory:") {
        let made = private_file::create_if_missing(options.get_filename()).await;
        made.map_err(|error| AuditError::unavailable("creating the audit.url file", error))?;
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
        .map_err(|error| AuditError::unavailable("opening the audit.url file", error))
}

/// Returns the applied migrations of the file.
pub(super) async fn applied(connection: &mut SqliteConnection) -> sqlx::Result<AppliedMigrations> {
    let begun = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)")
        .bind(schema::TABLE);
    if !begun.fetch_one(&mut *connection).await? {
        return Ok(AppliedMigrations::default());
    }
    AppliedMigrations::read(connection).await
}
