//! Audit database in PostgreSQL.

mod append;
mod archive;
mod binding;
mod caller_log;
mod column_types;
mod dead_letter;
mod erasure_marks;
mod forget;
mod history;
mod locks;
mod maintenance;
mod maintenance_clock;
mod mass_endings;
mod migrations;
mod month;
mod notification_queue;
mod parameters;
mod partitions;
mod projection;
mod refusal;
mod retention;
mod transaction;
mod webhooks;

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use sqlx::{
    PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::OnceCell,
    time::{error::Elapsed, timeout},
};

use super::{
    AppendReport, AuditError, DeadLetter, ErasureReport, EventLog, MaintenanceReport, MaintenanceRun, MassEndings,
    schema,
};
use crate::{
    domain::{Event, Owner, UnixMillis},
    store::{SeenClient, Touch},
};
use refusal::classify;
use transaction::AuditTransaction;

/// Maximum number of connections: one for the relay, the others for readiness and the other methods of the log.
const MAX_CONNECTIONS: u32 = 8;
/// Time limit for getting or opening a connection. A refused connection is retried within it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time limit for a response, since a server that has disappeared does not report it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The audit log in PostgreSQL 14 or later, directly or through a connection pooler in transaction mode.
pub struct PostgresEventLog {
    pool: PgPool,
    /// Connections for [`super::AuditHistory`].
    query_pool: PgPool,
    /// Options for migrations, whose statements may take long.
    options: PgConnectOptions,
    migrate: bool,
    /// Set once the schema is known to be complete.
    schema: OnceCell<()>,
}

impl PostgresEventLog {
    /// Opens the log, for [`super::open`].
    pub async fn open(url: &str, migrate: bool) -> Result<Self, AuditError> {
        let options = options(url)?;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_lazy_with(options.clone());
        let query_pool = history::pool(&options);
        let log = Self { pool, query_pool, options, migrate, schema: OnceCell::new() };
        match log.ensure_schema().await {
            Err(error @ AuditError::Unavailable { .. }) => {
                tracing::warn!(%error, "the audit database is unavailable; queuing events in the outbox");
                Ok(log)
            }
            outcome => outcome.map(|()| log),
        }
    }

    async fn ensure_schema(&self) -> Result<(), AuditError> {
        let complete = || async {
            if self.migrate {
                migrate_with(&self.options).await.map(|_| ())
            } else {
                let mut connection = acquire(&self.pool).await?;
                let applied = timeout(ANSWER_TIMEOUT, migrations::applied(&mut connection)).await;
                settle(connection, "reading the schema", applied)?.require_complete(schema::POSTGRES)
            }
        };
        self.schema.get_or_try_init(complete).await.copied()
    }
}

#[async_trait]
impl EventLog for PostgresEventLog {
    fn engine(&self) -> &'static str {
        "postgres"
    }

    async fn append(&self, events: &[Event]) -> Result<AppendReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, append::append(&mut connection, events)).await;
        let added = settle(connection, "appending events", outcome)?;
        Ok(AppendReport { added, duplicates: (events.len() as u64).saturating_sub(added) })
    }

    async fn end_revoked(&self, until: UnixMillis, limit: u32) -> Result<MassEndings, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, mass_endings::end_revoked(&mut connection, until, limit)).await;
        settle_permitted(connection, "ending the sessions of a mass revocation", outcome)
    }

    async fn dead_letter(&self, refused: &DeadLetter) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, dead_letter::insert_dead_letter(&mut connection, refused)).await;
        settle_permitted(connection, "storing a dead letter", outcome)
    }

    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, projection::refresh(&mut connection, activity)).await;
        settle(connection, "updating the last activity", outcome)
    }

    async fn refresh_clients(&self, clients: &[SeenClient]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, projection::refresh_clients(&mut connection, clients)).await;
        settle(connection, "updating the clients of sessions", outcome)
    }

    async fn erase_user(&self, owner: &Owner, at: UnixMillis) -> Result<ErasureReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(forget::ANSWER_TIMEOUT, forget::erase_user(&mut connection, owner, at)).await;
        settle_permitted(connection, "erasing a user", outcome)
    }

    async fn run_maintenance(&self, run: MaintenanceRun) -> Result<MaintenanceReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(maintenance::ANSWER_TIMEOUT, maintenance::run_maintenance(&mut connection, run)).await;
        Ok(settle_permitted(connection, "running maintenance", outcome)??)
    }

    async fn ready(&self) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, is_writable(&mut connection)).await;
        if settle(connection, "checking write access", outcome)? {
            Ok(())
        } else {
            Err(AuditError::unavailable("checking write access", "it is read-only"))
        }
    }

    async fn close(&self) {
        self.pool.close().await;
        self.query_pool.close().await;
    }
}

async fn acquire(pool: &PgPool) -> Result<PoolConnection<Postgres>, AuditError> {
    let during = "connecting";
    pool.acquire().await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut => AuditError::unavailable(during, "no connection available in time"),
        error => AuditError::unavailable(during, error),
    })
}

/// Returns the outcome of an operation with a time limit. A connection that still owes a response is closed: in the
/// pool it would be waited for until the operating system gives it up.
fn settle<T>(
    connection: PoolConnection<Postgres>,
    during: &'static str,
    outcome: Result<sqlx::Result<T>, Elapsed>,
) -> Result<T, AuditError> {
    match outcome {
        Ok(outcome) => outcome.map_err(|error| classify(during, error)),
        Err(elapsed) => {
            drop(connection.detach());
            Err(AuditError::unavailable(during, elapsed))
        }
    }
}

/// Returns the outcome as [`settle`] does, for operations that a role with only INSERT and SELECT lacks the permission
/// for.
fn settle_permitted<T>(
    connection: PoolConnection<Postgres>,
    during: &'static str,
    outcome: Result<sqlx::Result<T>, Elapsed>,
) -> Result<T, AuditError> {
    match outcome {
        Ok(Err(error)) if refusal::is_forbidden(&error) => {
            Err(AuditError::Forbidden { what: during, source: error.into() })
        }
        outcome => refusal_as_unavailable(during, settle(connection, during, outcome)),
    }
}

/// Converts a rejection to [`AuditError::Unavailable`], for operations that store no events.
fn refusal_as_unavailable<T>(during: &'static str, outcome: Result<T, AuditError>) -> Result<T, AuditError> {
    outcome.map_err(|error| match error {
        AuditError::Refused { source } => AuditError::unavailable(during, source),
        other => other,
    })
}

/// Migrates the database, for [`super::migrate`].
pub(super) async fn migrate(url: &str) -> Result<Vec<String>, AuditError> {
    migrate_with(&options(url)?).await
}

async fn migrate_with(options: &PgConnectOptions) -> Result<Vec<String>, AuditError> {
    let pool =
        PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT_TIMEOUT).connect_lazy_with(options.clone());
    let outcome = match acquire(&pool).await {
        Ok(mut connection) => migrations::run(&mut connection).await,
        Err(error) => Err(error),
    };
    pool.close().await;
    outcome
}

async fn is_writable(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let is_writable = sqlx::query_scalar("SELECT current_setting('transaction_read_only') = 'off'");
    let is_writable = is_writable.fetch_one(&mut transaction).await?;
    transaction.commit().await?;
    Ok(is_writable)
}

/// Returns the connection options, with only those startup parameters that every pooler supports.
fn options(url: &str) -> Result<PgConnectOptions, AuditError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| AuditError::Setting(format!("is not a PostgreSQL URL: {error}")))?;
    Ok(options.application_name("session-authority").extra_float_digits(None))
}
