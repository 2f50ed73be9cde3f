//! Audit database in an SQLite file.
//!
//! The file belongs to one process, which has one connection to it. Writes and queries therefore wait for each other.

mod append;
mod archive;
mod binding;
mod caller_log;
mod column;
mod connection;
mod dead_letter;
mod forget;
mod history;
mod maintenance;
mod maintenance_clock;
mod mass_endings;
mod notification_queue;
mod parameters;
mod projection;
mod read_permit;
mod refusal;
#[cfg(test)]
mod tests;
mod webhooks;

use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::Semaphore;

use super::{
    AppendReport, AuditError, DeadLetter, ErasureReport, EventLog, MaintenanceReport, MaintenanceRun, MassEndings,
    schema::{self, AppliedMigrations},
};
use crate::{
    domain::{Event, Owner, UnixMillis},
    sqlite::rollback,
    store::{SeenClient, Touch},
};
use refusal::classify;

/// The audit log in SQLite. The file belongs to one process at a time, which holds it through one connection; another
/// process finds it locked.
#[derive(Debug)]
pub struct SqliteEventLog {
    pool: SqlitePool,
    /// The permit to run a query; there is one.
    query_permits: Semaphore,
}

impl SqliteEventLog {
    /// Opens the log, for [`super::open`]. Returns an error if the file cannot be opened. `sqlite::memory:` stores
    /// nothing beyond the life of the log.
    pub async fn open(url: &str, migrate: bool) -> Result<Self, AuditError> {
        let log = Self::connect(url).await?;
        if migrate {
            log.migrate().await?;
        } else {
            log.applied().await?.require_complete(schema::SQLITE)?;
        }
        Ok(log)
    }

    async fn migrate(&self) -> Result<Vec<String>, AuditError> {
        let before = self.applied().await?;
        before.require_success()?;
        schema::migrator(schema::SQLITE).run(&self.pool).await.map_err(AuditError::migration)?;
        Ok(before.missing(schema::SQLITE))
    }

    async fn connect(url: &str) -> Result<Self, AuditError> {
        Ok(Self { pool: connection::open(url).await?, query_permits: Semaphore::new(1) })
    }

    async fn applied(&self) -> Result<AppliedMigrations, AuditError> {
        let during = "reading the schema";
        let mut connection = self.pool.acquire().await.map_err(|error| classify(during, error))?;
        connection::applied(&mut connection).await.map_err(|error| classify(during, error))
    }

    /// Begins a write transaction, after waiting for the connection.
    async fn begin(&self, during: &'static str) -> Result<Transaction<'static, Sqlite>, AuditError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| classify(during, error))
    }
}

/// Commits if the operation returned an outcome, and rolls back if it returned an error.
async fn finish<T>(
    transaction: Transaction<'static, Sqlite>,
    during: &'static str,
    outcome: sqlx::Result<T>,
) -> Result<T, AuditError> {
    let outcome = match outcome {
        Ok(outcome) => transaction.commit().await.map(|()| outcome),
        Err(error) => {
            rollback(transaction).await;
            Err(error)
        }
    };
    outcome.map_err(|error| classify(during, error))
}

/// Converts a rejection to [`AuditError::Unavailable`], for operations that store no events.
fn refusal_as_unavailable(during: &'static str, error: AuditError) -> AuditError {
    match error {
        AuditError::Refused { source } => AuditError::unavailable(during, source),
        other => other,
    }
}

#[async_trait]
impl EventLog for SqliteEventLog {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn append(&self, events: &[Event]) -> Result<AppendReport, AuditError> {
        let during = "appending events";
        let mut transaction = self.begin(during).await?;
        let outcome = append::append(&mut transaction, events).await;
        let added = finish(transaction, during, outcome).await?;
        Ok(AppendReport { added, duplicates: (events.len() as u64).saturating_sub(added) })
    }

    async fn end_revoked(&self, until: UnixMillis, limit: u32) -> Result<MassEndings, AuditError> {
        let during = "ending the sessions of a mass revocation";
        let mut connection = self.pool.acquire().await.map_err(|error| classify(during, error))?;
        // Usually there is nothing to do, and no transaction is needed to find that out.
        let unfinished = mass_endings::first_unfinished(&mut connection).await;
        drop(connection);
        if unfinished.map_err(|error| classify(during, error))?.is_none() {
            return Ok(MassEndings::default());
        }
        let mut transaction = self.begin(during).await?;
        let outcome = mass_endings::end_revoked(&mut transaction, until, limit).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn dead_letter(&self, refused: &DeadLetter) -> Result<(), AuditError> {
        let during = "storing a dead letter";
        let mut transaction = self.begin(during).await?;
        let outcome = dead_letter::insert_dead_letter(&mut transaction, refused).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError> {
        let during = "updating the last activity";
        let mut transaction = self.begin(during).await?;
        let outcome = projection::refresh(&mut transaction, activity).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn refresh_clients(&self, clients: &[SeenClient]) -> Result<(), AuditError> {
        let during = "updating the clients of sessions";
        let mut transaction = self.begin(during).await?;
        let outcome = projection::refresh_clients(&mut transaction, clients).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn erase_user(&self, owner: &Owner, at: UnixMillis) -> Result<ErasureReport, AuditError> {
        let during = "erasing a user";
        let mut transaction = self.begin(during).await?;
        let outcome = forget::erase_user(&mut transaction, owner, at).await;
        let forgotten =
            finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))?;
        // The erased data must not stay readable in the write-ahead log either.
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await;
        emptied.map_err(|error| AuditError::unavailable(during, error))?;
        Ok(forgotten)
    }

    async fn run_maintenance(&self, run: MaintenanceRun) -> Result<MaintenanceReport, AuditError> {
        let during = "running maintenance";
        let mut transaction = self.begin(during).await?;
        let outcome = maintenance::run_maintenance(&mut transaction, run).await;
        let report =
            finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))?;
        Ok(report?)
    }

    async fn ready(&self) -> Result<(), AuditError> {
        let answer = sqlx::query("SELECT 1").execute(&self.pool).await;
        answer.map(|_| ()).map_err(|error| classify("checking the connection", error))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Migrates the file, for [`super::migrate`].
pub(super) async fn migrate(url: &str) -> Result<Vec<String>, AuditError> {
    let log = SqliteEventLog::connect(url).await?;
    let outcome = log.migrate().await;
    log.close().await;
    outcome
}
