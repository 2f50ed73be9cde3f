//! Queries, limited so that they do not delay writes for long.
//!
//! One query runs at a time, so that the relay never waits for more than one. Each is bounded: SQLite interrupts it
//! when its time limit has passed, or when its caller no longer waits for the result.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::{Sqlite, pool::PoolConnection, sqlite::SqlitePoolOptions};
use tokio::{sync::SemaphorePermit, time::timeout};

use super::SqliteEventLog;
use crate::audit::AuditError;

/// Time limit of a query, including the wait for its permit. It is shorter than the time that the relay waits for the
/// connection.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Instructions of SQLite's virtual machine between two checks for an interrupt: well below a millisecond.
const PROGRESS_INTERVAL: i32 = 10_000;

/// The permit to run one query. Dropping it interrupts a query in progress.
#[derive(Debug)]
pub(super) struct ReadPermit<'a> {
    _interrupt: QueryInterrupt,
    pub connection: PoolConnection<Sqlite>,
    _turn: SemaphorePermit<'a>,
}

#[derive(Debug, Default)]
struct QueryInterrupt(Arc<AtomicBool>);

impl Drop for QueryInterrupt {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

impl SqliteEventLog {
    pub(super) async fn acquire_read_permit(&self) -> sqlx::Result<ReadPermit<'_>> {
        let turn = self.query_permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut connection = self.pool.acquire().await?;
        let interrupt = QueryInterrupt::default();
        let is_cancelled = Arc::clone(&interrupt.0);
        connection.lock_handle().await?.set_progress_handler(PROGRESS_INTERVAL, move || !is_cancelled.load(Relaxed));
        Ok(ReadPermit { _interrupt: interrupt, connection, _turn: turn })
    }
}

/// Runs a query with a time limit. A query never returns [`AuditError::Refused`].
pub(super) async fn with_timeout<T>(
    during: &'static str,
    question: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, AuditError> {
    match timeout(ANSWER_TIMEOUT, question).await {
        Ok(outcome) => outcome.map_err(|error| AuditError::unavailable(during, error)),
        Err(elapsed) => Err(AuditError::unavailable(during, elapsed)),
    }
}

/// Makes the pool remove the interrupt of the previous query before it hands out the connection.
pub(super) fn with_interrupt_reset(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.before_acquire(|connection, _| {
        Box::pin(async move {
            // The lock is granted after the connection has finished its previous work.
            connection.lock_handle().await?.remove_progress_handler();
            Ok(true)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::audit::{EventLog, sqlite::tests::log};

    /// A query that never ends.
    const ENDLESS: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";

    async fn endless(log: &SqliteEventLog) -> sqlx::Result<()> {
        let mut reading = log.acquire_read_permit().await?;
        sqlx::query(ENDLESS).execute(&mut *reading.connection).await.map(|_| ())
    }

    #[tokio::test]
    async fn a_question_that_nobody_waits_for_any_more_ends_and_others_go_on() {
        let log = log().await;
        timeout(Duration::from_millis(20), endless(&log)).await.expect_err("timed out");

        log.ready().await.expect("ready");
        // The next query is not interrupted.
        let mut reading = log.acquire_read_permit().await.expect("a permit");
        let many = ENDLESS.replace("FROM n)", "FROM n WHERE n < 100000)");
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(many)).fetch_one(&mut *reading.connection).await.expect("a count");
        assert_eq!(count, 100_000);
    }
}
