//! Monthly partitions of the events, created in advance and dropped as a whole.

use sqlx::{AssertSqlSafe, Executor};

use super::{locks, month::Month, transaction::AuditTransaction};
use crate::domain::UnixMillis;

/// The tables that are partitioned by month. Each has a default partition, `…_default`.
pub(super) const TABLES: [&str; 2] = ["session_events", "login_events"];

/// Number of months before and after the present one that have a partition: events may be late, and maintenance may
/// fail for a while.
const MONTHS_BEHIND: usize = 1;
const MONTHS_AHEAD: usize = 3;

/// Returns the partitions of `table` that are missing, without those that would be dropped at once.
pub(super) async fn missing(
    transaction: &mut AuditTransaction<'_>,
    table: &'static str,
    now: UnixMillis,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let existing = load_existing(transaction, table).await?;
    let first = (0..MONTHS_BEHIND).fold(Month::from_time(now), |month, _| month.previous());
    let wanted = std::iter::successors(Some(first), |month| Some(month.next())).take(MONTHS_BEHIND + 1 + MONTHS_AHEAD);
    Ok(wanted.filter(|month| !existing.contains(month) && !month.ends_before(keep_from)).collect())
}

/// Returns the partitions of `table` that contain nothing from `keep_from` on.
pub(super) async fn outdated(
    transaction: &mut AuditTransaction<'_>,
    table: &'static str,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let existing = load_existing(transaction, table).await?;
    Ok(existing.into_iter().filter(|month| month.ends_before(keep_from)).collect())
}

/// Creates a partition, and moves its rows from the default partition into it. Writers to the default partition wait
/// for the transaction; writers to other partitions do not.
pub(super) async fn create(
    transaction: &mut AuditTransaction<'_>,
    table: &'static str,
    month: Month,
) -> sqlx::Result<()> {
    let (partition, from, to) = (month.partition_name(table), month.bound(), month.next().bound());
    // The exclusive lock is taken at once: upgrading a weaker lock later could cause a deadlock.
    let statements = format!(
        "LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE;
         CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
         WITH misplaced AS (DELETE FROM {table}_default WHERE at >= '{from}' AND at < '{to}' RETURNING *)
         INSERT INTO {partition} SELECT * FROM misplaced;
         ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ('{from}') TO ('{to}')"
    );
    transaction.lock(locks::MOVING).await?;
    transaction.execute(AssertSqlSafe(statements)).await.map(drop)
}

pub(super) async fn drop_partition(
    transaction: &mut AuditTransaction<'_>,
    table: &'static str,
    month: Month,
) -> sqlx::Result<()> {
    let statement = format!("DROP TABLE {}", month.partition_name(table));
    transaction.execute(AssertSqlSafe(statement)).await.map(drop)
}

/// Returns the existing monthly partitions. Partitions with other names are ignored.
async fn load_existing(transaction: &mut AuditTransaction<'_>, table: &'static str) -> sqlx::Result<Vec<Month>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT child.relname::text FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
         WHERE inhparent = $1::regclass",
    )
    .bind(table)
    .fetch_all(transaction)
    .await?;
    Ok(names.iter().filter_map(|name| Month::from_partition_name(table, name)).collect())
}
