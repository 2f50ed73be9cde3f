//! Transactions that a connection pooler may run on any of its server connections.
//!
//! A pooler such as PgBouncer in transaction mode gives each transaction any free server connection. Session settings,
//! session locks and named prepared statements do not survive that, so nothing here relies on them: limits are set
//! within the transaction, locks end with it, and statements have no name. The type [`AuditTransaction`] enforces this.

use std::fmt;

use sqlx::{
    Connection, Error, Execute, Executor, PgConnection, Postgres, SqlStr, Transaction,
    error::BoxDynError,
    postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use futures_util::{future::BoxFuture, stream::BoxStream};

/// The output of a statement, in the form of [`Executor::fetch_many`].
type StatementOutput = sqlx::Either<PgQueryResult, PgRow>;

/// A statement that begins a transaction and limits it. After the time limit the server aborts a statement, a wait for
/// a lock, or a transaction whose client has disconnected.
macro_rules! bounded {
    ($begin:literal) => {
        concat!(
            $begin,
            "; SET LOCAL statement_timeout = '10s'",
            "; SET LOCAL lock_timeout = '10s'",
            "; SET LOCAL idle_in_transaction_session_timeout = '10s'"
        )
    };
    ($begin:literal, $more:literal) => {
        concat!(bounded!($begin), "; ", $more)
    };
}

/// The isolation level lets a statement see the changes that another transaction committed while this one waited for
/// it. Appended events are deleted from the outbox, so an acknowledged commit must be on disk, whatever the server's
/// settings.
const WRITE: &str = bounded!(
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
);

/// JIT is off: compiling a statement takes longer than most queries take to run.
const READ: &str = bounded!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", "SET LOCAL jit = off");
const READ_SNAPSHOT: &str = bounded!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL jit = off");

/// A maintenance step may take long, but must not wait long for a lock, since others queue behind it.
const MAINTENANCE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '10min'; \
                           SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'";

/// Migrations may take as long as the size of the tables requires.
const MIGRATION: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
                         SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// A transaction of the audit database. Dropping it rolls it back.
pub(super) struct AuditTransaction<'c>(Transaction<'c, Postgres>);

impl<'c> AuditTransaction<'c> {
    pub async fn begin_write(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::begin(connection, WRITE).await
    }

    /// Begins a read transaction in which each statement sees everything that was committed before it.
    pub async fn begin_read(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::begin(connection, READ).await
    }

    /// Begins a read transaction in which all statements see the same snapshot.
    pub async fn begin_read_snapshot(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::begin(connection, READ_SNAPSHOT).await
    }

    pub async fn begin_maintenance(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::begin(connection, MAINTENANCE).await
    }

    pub async fn begin_migration(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::begin(connection, MIGRATION).await
    }

    async fn begin(connection: &'c mut PgConnection, statement: &'static str) -> sqlx::Result<Self> {
        connection.begin_with(statement).await.map(Self)
    }

    /// Waits for one of [`super::locks`], which ends with the transaction.
    pub async fn lock(&mut self, lock: &'static str) -> sqlx::Result<()> {
        self.execute(lock).await.map(drop)
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit().await
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        self.0.rollback().await
    }
}

impl fmt::Debug for AuditTransaction<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuditTransaction").finish_non_exhaustive()
    }
}

impl<'t> Executor<'t> for &'t mut AuditTransaction<'_> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<StatementOutput>>
    where
        't: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        (&mut *self.0).fetch_many(UnnamedStatement(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        't: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        (&mut *self.0).fetch_optional(UnnamedStatement(query))
    }

    /// Always returns an error: a prepared statement has a name on one server connection.
    fn prepare_with<'e>(self, _: SqlStr, _: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        't: 'e,
    {
        Box::pin(async { Err(Error::Protocol("prepared statements are not used with the audit database".to_owned())) })
    }
}

/// A statement that leaves nothing behind on the server connection.
struct UnnamedStatement<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for UnnamedStatement<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}
