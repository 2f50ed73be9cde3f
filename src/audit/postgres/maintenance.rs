//! Maintenance: creates partitions in advance, and removes data beyond its retention.

use std::time::Duration;

use sqlx::PgConnection;

use super::{
    locks, maintenance_clock, month::Month, partitions, refusal::is_forbidden, retention, transaction::AuditTransaction,
};
use crate::{
    audit::{
        MaintenanceReport,
        maintenance_run::{ClockAhead, ClockReference, MaintenanceRun},
    },
    domain::UnixMillis,
};

/// Time limit for a response of the server. A step is brief, unless the rows of a month must be moved out of a default
/// partition, which is one transaction.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_mins(11);

/// Time that the owner of the tables may fall behind before maintenance counts as neglected. An owner that runs
/// `migrate` every month has always created the partitions of the next one.
const OWNER_GRACE: Duration = Duration::from_hours(31 * 24);

/// Runs maintenance, for [`crate::audit::EventLog::run_maintenance`]. A role without the permissions gets an error only
/// if the owner of the tables does not run maintenance either.
pub(super) async fn run_maintenance(
    connection: &mut PgConnection,
    run: MaintenanceRun,
) -> sqlx::Result<Result<MaintenanceReport, ClockAhead>> {
    match run_steps(connection, run).await {
        Err(error) if is_forbidden(&error) => {
            let is_maintained = is_maintained_by_owner(connection, run.now, run.keep_from).await?;
            if is_maintained { Ok(Ok(MaintenanceReport::default())) } else { Err(error) }
        }
        outcome => outcome,
    }
}

/// Returns whether every table has the partitions of this month and the next, and none that should have been dropped.
async fn is_maintained_by_owner(
    connection: &mut PgConnection,
    now: UnixMillis,
    keep_from: UnixMillis,
) -> sqlx::Result<bool> {
    let next = Month::from_time(now).next();
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    for table in partitions::TABLES {
        let missing = partitions::missing(&mut transaction, table, now, keep_from).await?;
        let is_behind = missing.iter().any(|month| *month <= next && *month >= Month::from_time(now));
        let outdated = partitions::outdated(&mut transaction, table, keep_from.minus(OWNER_GRACE)).await?;
        if is_behind || !outdated.is_empty() {
            return Ok(false);
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// Runs the steps. Each is a separate transaction, so completed steps stay done.
async fn run_steps(
    connection: &mut PgConnection,
    run: MaintenanceRun,
) -> sqlx::Result<Result<MaintenanceReport, ClockAhead>> {
    let MaintenanceRun { now, keep_from, .. } = run;
    if let Some(at) = database_time_if_ahead(connection, now).await? {
        return Ok(Err(ClockAhead { now, reference: ClockReference::DatabaseClock, at }));
    }
    let mut report = MaintenanceReport::default();
    let Some(mut transaction) = begin_exclusive(connection).await? else { return Ok(Ok(report)) };
    if let Err(ahead) = maintenance_clock::check_clock(&mut transaction, run).await? {
        transaction.rollback().await?;
        return Ok(Err(ahead));
    }
    let marks = retention::remove_marks(&mut transaction, now).await?;
    let open = retention::end_lost_sessions(&mut transaction, now).await?;
    let (rows, more) = retention::remove(&mut transaction, keep_from).await?;
    transaction.commit().await?;
    (report.removed, report.has_more) = (marks + rows, more || open);
    for table in partitions::TABLES {
        for month in missing(connection, table, now, keep_from).await? {
            let Some(mut transaction) = begin_exclusive(connection).await? else { return Ok(Ok(report)) };
            // Another node may have created it before this one got the lock.
            if partitions::missing(&mut transaction, table, now, keep_from).await?.contains(&month) {
                partitions::create(&mut transaction, table, month).await?;
                report.partitions_created += 1;
            }
            transaction.commit().await?;
        }
        for month in outdated(connection, table, keep_from).await? {
            let Some(mut transaction) = begin_exclusive(connection).await? else { return Ok(Ok(report)) };
            if partitions::outdated(&mut transaction, table, keep_from).await?.contains(&month) {
                partitions::drop_partition(&mut transaction, table, month).await?;
                report.removed += 1;
            }
            transaction.commit().await?;
        }
    }
    Ok(Ok(report))
}

/// Returns the time of the database server if this node is so far ahead of it that it would remove data within its
/// retention.
async fn database_time_if_ahead(connection: &mut PgConnection, now: UnixMillis) -> sqlx::Result<Option<UnixMillis>> {
    let a_day_ago = now.minus(Duration::from_hours(24));
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let database_time = sqlx::query_scalar("SELECT now() WHERE $1 > now()").bind(a_day_ago);
    let database_time = database_time.fetch_optional(&mut transaction).await?;
    transaction.commit().await?;
    Ok(database_time)
}

/// Calls [`partitions::missing`] in its own transaction.
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

/// Calls [`partitions::outdated`] in its own transaction.
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

/// Begins a transaction that only one node can have at a time. Returns `None` while another node has one.
async fn begin_exclusive(connection: &mut PgConnection) -> sqlx::Result<Option<AuditTransaction<'_>>> {
    let mut transaction = AuditTransaction::begin_maintenance(connection).await?;
    if sqlx::query_scalar(locks::MAINTENANCE).fetch_one(&mut transaction).await? {
        return Ok(Some(transaction));
    }
    transaction.rollback().await?;
    Ok(None)
}
