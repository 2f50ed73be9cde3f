//! Housekeeping: partitions ahead, what is too old away.

use std::time::Duration;

use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::{locks, partitions, retention};
use crate::{audit::Kept, domain::UnixMillis};

/// After which the server is given up. A step takes an instant, but where a month's rows have to be moved out of a
/// default partition, which is one transaction.
pub(super) const ANSWER: Duration = Duration::from_mins(11);

/// One step may take long; it must not wait long, since others queue behind it.
const BOUNDS: &str = "SELECT set_config('statement_timeout', '10min', true), set_config('lock_timeout', '2s', true)";

/// As [`crate::audit::EventLog::keep_house`]. Each step is a transaction of its own, so that what was done stays done.
pub(super) async fn keep_house(
    connection: &mut PgConnection,
    now: UnixMillis,
    keep_from: UnixMillis,
) -> sqlx::Result<Kept> {
    let mut kept = Kept::default();
    for table in partitions::TABLES {
        for month in partitions::missing(connection, table, now, keep_from).await? {
            let Some(mut step) = alone(connection).await? else { return Ok(kept) };
            // Another node may have made it before this one had its turn.
            if partitions::missing(&mut step, table, now, keep_from).await?.contains(&month) {
                partitions::make(&mut step, table, month).await?;
                kept.made += 1;
            }
            step.commit().await?;
        }
        for month in partitions::outdated(connection, table, keep_from).await? {
            let Some(mut step) = alone(connection).await? else { return Ok(kept) };
            if partitions::outdated(&mut step, table, keep_from).await?.contains(&month) {
                partitions::drop_one(&mut step, table, month).await?;
                kept.removed += 1;
            }
            step.commit().await?;
        }
    }
    let Some(mut step) = alone(connection).await? else { return Ok(kept) };
    let (rows, more) = retention::remove(&mut step, keep_from).await?;
    let marks = retention::remove_marks(&mut step, now).await?;
    step.commit().await?;
    Ok(Kept { removed: kept.removed + rows + marks, more, ..kept })
}

/// A transaction that no other node has; `None` while one has it.
async fn alone(connection: &mut PgConnection) -> sqlx::Result<Option<Transaction<'_, Postgres>>> {
    let mut step = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    sqlx::query(BOUNDS).execute(&mut *step).await?;
    if sqlx::query_scalar(locks::UPKEEP).fetch_one(&mut *step).await? {
        return Ok(Some(step));
    }
    step.rollback().await?;
    Ok(None)
}
