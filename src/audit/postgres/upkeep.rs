//! Housekeeping: partitions ahead, what is too old away.

use std::time::Duration;

use sqlx::PgConnection;

use super::{
    columns::time, history::reading::unix_millis, locks, maintenance_clock, month::Month, partitions,
    refusal::is_forbidden, retention, transaction::AuditTransaction,
};
use crate::{
    audit::{
        Kept,
        maintenance_turn::{ClockAhead, ClockWitness, MaintenanceTurn},
    },
    domain::UnixMillis,
};

/// After which the server is given up. A step takes an instant, but where a month's rows have to be moved out of a
/// default partition, which is one transaction.
pub(super) const ANSWER: Duration = Duration::from_mins(11);

/// How far the owner of the tables may fall behind before the upkeep counts as neglected. Who runs `migrate` every month
/// has always made the partitions of the next one.
const GRACE: Duration = Duration::from_hours(31 * 24);

/// As [`crate::audit::EventLog::keep_house`]. A role that may not do it fails only while the owner of the tables does
/// not do it either.
pub(super) async fn keep_house(
    connection: &mut PgConnection,
    turn: MaintenanceTurn,
) -> sqlx::Result<Result<Kept, ClockAhead>> {
    match keep(connection, turn).await {
        Err(error) if is_forbidden(&error) => {
            let is_kept = is_kept_by_owner(connection, turn.now, turn.keep_from).await?;
            if is_kept { Ok(Ok(Kept::default())) } else { Err(error) }
        }
        outcome => outcome,
    }
}

/// Whether every table has the partitions of this month and the next, and none that should have been dropped.
async fn is_kept_by_owner(connection: &mut PgConnection, now: UnixMillis, keep_from: UnixMillis) -> sqlx::Result<bool> {
    let next = Month::of(now).next();
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    for table in partitions::TABLES {
        let missing = partitions::missing(&mut transaction, table, now, keep_from).await?;
        let is_behind = missing.iter().any(|month| *month <= next && *month >= Month::of(now));
        let outdated = partitions::outdated(&mut transaction, table, keep_from.minus(GRACE)).await?;
        if is_behind || !outdated.is_empty() {
            return Ok(false);
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// Each step is a transaction of its own, so that what was done stays done.
async fn keep(connection: &mut PgConnection, turn: MaintenanceTurn) -> sqlx::Result<Result<Kept, ClockAhead>> {
    let MaintenanceTurn { now, keep_from, .. } = turn;
    if let Some(at) = ahead_of_database(connection, now).await? {
        return Ok(Err(ClockAhead { now, witness: ClockWitness::DatabaseClock, at }));
    }
    let mut kept = Kept::default();
    let Some(mut step) = alone(connection).await? else { return Ok(Ok(kept)) };
    if let Err(ahead) = maintenance_clock::admit(&mut step, turn).await? {
        step.rollback().await?;
        return Ok(Err(ahead));
    }
    let marks = retention::remove_marks(&mut step, now).await?;
    let open = retention::close_lost(&mut step, now).await?;
    let (rows, more) = retention::remove(&mut step, keep_from).await?;
    step.commit().await?;
    (kept.removed, kept.more) = (marks + rows, more || open);
    for table in partitions::TABLES {
        for month in missing(connection, table, now, keep_from).await? {
            let Some(mut step) = alone(connection).await? else { return Ok(Ok(kept)) };
            // Another node may have made it before this one had its turn.
            if partitions::missing(&mut step, table, now, keep_from).await?.contains(&month) {
                partitions::make(&mut step, table, month).await?;
                kept.made += 1;
            }
            step.commit().await?;
        }
        for month in outdated(connection, table, keep_from).await? {
            let Some(mut step) = alone(connection).await? else { return Ok(Ok(kept)) };
            if partitions::outdated(&mut step, table, keep_from).await?.contains(&month) {
                partitions::drop_one(&mut step, table, month).await?;
                kept.removed += 1;
            }
            step.commit().await?;
        }
    }
    Ok(Ok(kept))
}

/// The time of the database server, where this node is so far ahead of it that it would remove what is to be kept.
async fn ahead_of_database(connection: &mut PgConnection, now: UnixMillis) -> sqlx::Result<Option<UnixMillis>> {
    let a_day_ago = time(now.minus(Duration::from_hours(24)));
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let theirs = sqlx::query_scalar("SELECT now() WHERE $1 > now()").bind(a_day_ago);
    let theirs = theirs.fetch_optional(&mut transaction).await?;
    transaction.commit().await?;
    Ok(theirs.map(unix_millis))
}

/// As [`partitions::missing`], outside of a step.
async fn missing(
    connection: &mut PgConnection,
    table: &'static str,
    now: UnixMillis,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let missing = partitions::missing(&mut transaction, table, now, keep_from).await?;
    transaction.commit().await?;
    Ok(missing)
}

/// As [`partitions::outdated`], outside of a step.
async fn outdated(
    connection: &mut PgConnection,
    table: &'static str,
    keep_from: UnixMillis,
) -> sqlx::Result<Vec<Month>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let outdated = partitions::outdated(&mut transaction, table, keep_from).await?;
    transaction.commit().await?;
    Ok(outdated)
}

/// A transaction that no other node has; `None` while one has it.
async fn alone(connection: &mut PgConnection) -> sqlx::Result<Option<AuditTransaction<'_>>> {
    let mut step = AuditTransaction::begin_maintenance(connection).await?;
    if sqlx::query_scalar(locks::UPKEEP).fetch_one(&mut step).await? {
        return Ok(Some(step));
    }
    step.rollback().await?;
    Ok(None)
}
