//! The audit in PostgreSQL.

mod append;
mod archive;
mod binding;
mod columns;
mod dead_letter;
mod event_id;
mod forget;
mod history;
mod locks;
mod maintenance;
mod maintenance_clock;
mod mass_endings;
mod migrations;
mod month;
mod partitions;
mod projection;
mod refusal;
mod retention;
mod transaction;

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
    store::Touch,
};
use refusal::classify;
use transaction::AuditTransaction;

/// The relay needs one; readiness and what is asked of the log besides share the rest.
const MAX_CONNECTIONS: u32 = 8;
/// To find or open a connection; one that is refused is tried again within it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// After which we give the server up, since one that vanished does not say so.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The audit log in PostgreSQL 14 or later, directly or through a connection pooler in transaction mode.
pub struct PostgresEventLog {
    pool: PgPool,
    /// Connections for [`super::AuditHistory`].
    query_pool: PgPool,
    /// For migrations, whose statements may take long.
    options: PgConnectOptions,
    migrate: bool,
    /// Set once the schema is known to be complete.
    schema: OnceCell<()>,
}

impl PostgresEventLog {
    /// As [`super::open`].
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
                tracing::warn!(%error, "the audit database does not answer yet; events wait in the outbox");
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
        settle_permitted(connection, "setting an entry aside", outcome)
    }

    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, projection::refresh(&mut connection, activity)).await;
        settle(connection, "bringing activity forward", outcome)
    }

    async fn erase_user(&self, owner: &Owner, at: UnixMillis) -> Result<ErasureReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(forget::ANSWER_TIMEOUT, forget::erase_user(&mut connection, owner, at)).await;
        settle_permitted(connection, "forgetting a person", outcome)
    }

    async fn run_maintenance(&self, run: MaintenanceRun) -> Result<MaintenanceReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(maintenance::ANSWER_TIMEOUT, maintenance::run_maintenance(&mut connection, run)).await;
        Ok(settle_permitted(connection, "the upkeep of its tables", outcome)??)
    }

    async fn ready(&self) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, is_writable(&mut connection)).await;
        if settle(connection, "asking whether it can be written to", outcome)? {
            Ok(())
        } else {
            Err(AuditError::unavailable("asking whether it can be written to", "it is read-only"))
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
        sqlx::Error::PoolTimedOut => AuditError::unavailable(during, "no connection in time"),
        error => AuditError::unavailable(during, error),
    })
}

/// What came back in time. A connection that owes an answer is closed: in the pool it would be waited
/// for, for as long as the operating system believes in it.
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

/// As [`settle`], for what a role that may only add and look may not do.
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

/// Where nothing is asked to be kept, nothing can be refused for what it is.
fn refusal_as_unavailable<T>(during: &'static str, outcome: Result<T, AuditError>) -> Result<T, AuditError> {
    outcome.map_err(|error| match error {
        AuditError::Refused { source } => AuditError::unavailable(during, source),
        other => other,
    })
}

/// As [`super::migrate`].
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

/// Of the parameters that can be given when a connection starts, only those that every pooler knows.
fn options(url: &str) -> Result<PgConnectOptions, AuditError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| AuditError::Setting(format!("is not a PostgreSQL URL: {error}")))?;
    Ok(options.application_name("session-authority").extra_float_digits(None))
}
