//! The audit in PostgreSQL.

mod append;
mod archive;
mod binding;
mod columns;
mod event_id;
mod forget;
mod history;
mod locks;
mod maintenance_clock;
mod mass_endings;
mod migrations;
mod month;
mod partitions;
mod projection;
mod refusal;
mod retention;
mod set_aside;
mod transaction;
mod upkeep;

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

use super::{Appended, AuditError, EventLog, Forgotten, Kept, MaintenanceTurn, MassEndings, RefusedEntry, schema};
use crate::{
    domain::{Event, Owner, UnixMillis},
    store::Touch,
};
use refusal::classify;
use transaction::AuditTransaction;

/// The relay needs one; readiness and what is asked of the log besides share the rest.
const CONNECTIONS: u32 = 8;
/// To find or open a connection; one that is refused is tried again within it.
const CONNECT: Duration = Duration::from_secs(2);
/// After which we give the server up, since one that vanished does not say so.
const ANSWER: Duration = Duration::from_secs(15);

/// The audit log in PostgreSQL 14 or later, directly or through a connection pooler in transaction mode.
pub struct PostgresEventLog {
    pool: PgPool,
    /// Connections for [`super::History`].
    questions: PgPool,
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
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT)
            .connect_lazy_with(options.clone());
        let questions = history::pool(&options);
        let log = Self { pool, questions, options, migrate, schema: OnceCell::new() };
        match log.complete_schema().await {
            Err(error @ AuditError::Unavailable { .. }) => {
                tracing::warn!(%error, "the audit database does not answer yet; events wait in the outbox");
                Ok(log)
            }
            outcome => outcome.map(|()| log),
        }
    }

    async fn complete_schema(&self) -> Result<(), AuditError> {
        let complete = || async {
            if self.migrate {
                migrate_with(&self.options).await.map(|_| ())
            } else {
                let mut connection = acquire(&self.pool).await?;
                let applied = timeout(ANSWER, migrations::applied(&mut connection)).await;
                settle(connection, "reading the schema", applied)?.complete(schema::POSTGRES)
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

    async fn append(&self, events: &[Event]) -> Result<Appended, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, append::append(&mut connection, events)).await;
        let added = settle(connection, "appending events", outcome)?;
        Ok(Appended { added, known: (events.len() as u64).saturating_sub(added) })
    }

    async fn end_revoked(&self, until: UnixMillis, limit: u32) -> Result<MassEndings, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, mass_endings::end_revoked(&mut connection, until, limit)).await;
        settle_permitted(connection, "ending the sessions of a mass revocation", outcome)
    }

    async fn set_aside(&self, refused: &RefusedEntry) -> Result<(), AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, set_aside::set_aside(&mut connection, refused)).await;
        settle_permitted(connection, "setting an entry aside", outcome)
    }

    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, projection::refresh(&mut connection, activity)).await;
        settle(connection, "bringing activity forward", outcome)
    }

    async fn forget(&self, owner: &Owner, at: UnixMillis) -> Result<Forgotten, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(forget::ANSWER, forget::forget(&mut connection, owner, at)).await;
        settle_permitted(connection, "forgetting a person", outcome)
    }

    async fn keep_house(&self, turn: MaintenanceTurn) -> Result<Kept, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(upkeep::ANSWER, upkeep::keep_house(&mut connection, turn)).await;
        Ok(settle_permitted(connection, "the upkeep of its tables", outcome)??)
    }

    async fn ready(&self) -> Result<(), AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, is_writable(&mut connection)).await;
        if settle(connection, "asking whether it can be written to", outcome)? {
            Ok(())
        } else {
            Err(AuditError::unavailable("asking whether it can be written to", "it is read-only"))
        }
    }

    async fn close(&self) {
        self.pool.close().await;
        self.questions.close().await;
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
        outcome => unrefused(during, settle(connection, during, outcome)),
    }
}

/// Where nothing is asked to be kept, nothing can be refused for what it is.
fn unrefused<T>(during: &'static str, outcome: Result<T, AuditError>) -> Result<T, AuditError> {
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
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT).connect_lazy_with(options.clone());
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
