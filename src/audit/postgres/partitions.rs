//! The months of the events: one partition each, made ahead and dropped as a whole.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{locks, month::Month};
use crate::domain::UnixMillis;

/// What is divided by months. Every one has a default partition, `…_default`.
pub(super) const TABLES: [&str; 2] = ["session_events", "login_events"];

/// Months that are made beside the present one: events may be late, and the upkeep may fail for a while.
const BEHIND: usize = 1;
const AHEAD: usize = 3;

/// The partitions of `table` that are to be there and are not: none that would be dropped at once.
pub(super) async fn missing(
    connection: &mut PgConnection,
    table: &'static str,
    now: UnixMillis,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let there = present(connection, table).await?;
    let first = (0..BEHIND).fold(Month::of(now), |month, _| month.previous());
    let wanted = std::iter::successors(Some(first), |month| Some(month.next())).take(BEHIND + 1 + AHEAD);
    Ok(wanted.filter(|month| !there.contains(month) && !month.ends_before(keep_from)).collect())
}

/// The partitions of `table` that hold nothing from `keep_from` on.
pub(super) async fn outdated(
    connection: &mut PgConnection,
    table: &'static str,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let there = present(connection, table).await?;
    Ok(there.into_iter().filter(|month| month.ends_before(keep_from)).collect())
}

/// Makes a partition, and puts into it what of it lies in the default one. To be called within a transaction, which
/// whoever writes to the default partition waits for; to the others it makes no difference.
pub(super) async fn make(connection: &mut PgConnection, table: &'static str, month: Month) -> sqlx::Result<()> {
    let (partition, from, to) = (month.partition_of(table), month.bound(), month.next().bound());
    // The lock at once, since one that is made stronger later is what deadlocks are made of.
    let statements = format!(
        "LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE;
         CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
         WITH misplaced AS (DELETE FROM {table}_default WHERE at >= '{from}' AND at < '{to}' RETURNING *)
         INSERT INTO {partition} SELECT * FROM misplaced;
         ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ('{from}') TO ('{to}')"
    );
    sqlx::query(locks::MOVING).execute(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.map(drop)
}

pub(super) async fn drop_one(connection: &mut PgConnection, table: &'static str, month: Month) -> sqlx::Result<()> {
    let statement = format!("DROP TABLE {}", month.partition_of(table));
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

/// Those that are called as here; of others nothing is known.
async fn present(connection: &mut PgConnection, table: &'static str) -> sqlx::Result<Vec<Month>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT child.relname::text FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
         WHERE inhparent = $1::regclass",
    )
    .bind(table)
    .fetch_all(connection)
    .await?;
    Ok(names.iter().filter_map(|name| Month::of_partition(table, name)).collect())
}
