//! The audit in a SQLite file.

mod append;
mod archive;
mod history;
mod refusal;
#[cfg(test)]
mod tests;

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use sqlx::{
    SqliteConnection, SqlitePool,
    migrate::{AppliedMigration, Migrate},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Appended, AuditError, EventLog, Forgotten, Kept, RefusedEntry, schema};
use crate::{
    domain::{Event, Owner, UnixMillis},
    private_file,
    store::{
        Touch,
        sqlite::rollback::{replaces_stuck_connections, rollback},
    },
};
use refusal::classify;

/// How long another process is waited for that has the file.
const BUSY: Duration = Duration::from_secs(1);
/// How long the one connection is waited for.
const TURN: Duration = Duration::from_secs(15);

/// The audit log in SQLite. The file belongs to one process at a time, which holds it through one
/// connection; another finds it locked.
#[derive(Debug)]
pub struct SqliteEventLog {
    pool: SqlitePool,
}

impl SqliteEventLog {
    /// As [`super::open`]; a file that cannot be opened is an error. `sqlite::memory:` keeps nothing
    /// beyond the log's own life.
    pub async fn open(url: &str, migrate: bool) -> Result<Self, AuditError> {
        let log = Self { pool: connect(url).await? };
        if migrate {
            log.migrate().await?;
        } else {
            schema::complete(schema::SQLITE, &log.applied().await?)?;
        }
        Ok(log)
    }

    async fn migrate(&self) -> Result<Vec<String>, AuditError> {
        let before = self.applied().await?;
        schema::migrator(schema::SQLITE).run(&self.pool).await.map_err(AuditError::migration)?;
        Ok(schema::missing(schema::SQLITE, &before))
    }

    async fn applied(&self) -> Result<Vec<AppliedMigration>, AuditError> {
        let during = "reading the schema";
        let mut connection = self.pool.acquire().await.map_err(|error| classify(during, error))?;
        applied(&mut connection).await.map_err(|error| classify(during, error))
    }
}

#[async_trait]
impl EventLog for SqliteEventLog {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn append(&self, events: &[Event]) -> Result<Appended, AuditError> {
        let append = async {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            match append::append(&mut transaction, events).await {
                Ok(added) => transaction.commit().await.map(|()| added),
                Err(error) => {
                    rollback(transaction).await;
                    Err(error)
                }
            }
        };
        let added = append.await.map_err(|error| classify("appending events", error))?;
        Ok(Appended { added, known: (events.len() as u64).saturating_sub(added) })
    }

    async fn set_aside(&self, refused: &RefusedEntry) -> Result<(), AuditError> {
        let RefusedEntry { position, entry, error } = refused;
        sqlx::query(include_str!("sql/set_aside.sql"))
            .bind(refused.id().to_string())
            .bind(error)
            .bind(position.bucket.0)
            .bind(&position.entry)
            .bind(entry.kind)
            .bind(entry.reason)
            .bind(i64::try_from(entry.at).unwrap_or(i64::MAX))
            .bind(&entry.subject)
            .bind(&entry.owner)
            .bind(&entry.record)
            .bind(&entry.clock)
            .bind(&entry.cause)
            .execute(&self.pool)
            .await
            .map(|_| ())
            .map_err(|error| AuditError::unavailable("setting an entry aside", error))
    }

    async fn refresh(&self, _: &[Touch]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn forget(&self, _: &Owner, _: UnixMillis) -> Result<Forgotten, AuditError> {
        Ok(Forgotten::default())
    }

    async fn keep_house(&self, _: UnixMillis, _: UnixMillis) -> Result<Kept, AuditError> {
        Ok(Kept::default())
    }

    async fn ready(&self) -> Result<(), AuditError> {
        let answer = sqlx::query("SELECT 1").execute(&self.pool).await;
        answer.map(|_| ()).map_err(|error| classify("asking whether it answers", error))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// As [`super::migrate`].
pub(super) async fn migrate(url: &str) -> Result<Vec<String>, AuditError> {
    let log = SqliteEventLog { pool: connect(url).await? };
    let outcome = log.migrate().await;
    log.close().await;
    outcome
}

/// Every commit is on disk before it is answered (`synchronous = FULL`): what the audit has taken is
/// deleted from the outbox next, and a power cut must not find it in neither place.
async fn connect(url: &str) -> Result<SqlitePool, AuditError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| AuditError::Setting(format!("is not a SQLite URL: {error}")))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(BUSY);
    if !url.contains(":memory:") {
        let made = private_file::make(options.get_filename()).await;
        made.map_err(|error| AuditError::unavailable("making the file that audit.url names", error))?;
    }
    let pool_options = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None);
    replaces_stuck_connections(pool_options)
        .connect_with(options)
        .await
        .map_err(|error| AuditError::unavailable("opening the file that audit.url names", error))
}

async fn applied(connection: &mut SqliteConnection) -> sqlx::Result<Vec<AppliedMigration>> {
    let begun = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)")
        .bind(schema::TABLE);
    if !begun.fetch_one(&mut *connection).await? {
        return Ok(Vec::new());
    }
    connection.list_applied_migrations(schema::TABLE).await.map_err(|error| sqlx::Error::Migrate(error.into()))
}
