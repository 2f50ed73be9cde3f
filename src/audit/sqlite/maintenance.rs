//! Removal of data beyond its retention.

use sqlx::SqliteConnection;

use super::maintenance_clock;
use crate::{
    audit::{
        MaintenanceReport, erasure,
        maintenance::LOST_END_GRACE,
        maintenance_run::{ClockAhead, MaintenanceRun},
    },
    domain::UnixMillis,
    sqlite::integer,
};

/// Number of rows of a table that are removed at a time: other operations wait for the single connection meanwhile.
const BATCH: u32 = 1000;

/// Statements that remove rows older than a time, up to a number of rows.
const REMOVALS: [&str; 8] = [
    include_str!("sql/remove_session_events.sql"),
    include_str!("sql/remove_login_events.sql"),
    include_str!("sql/remove_sessions.sql"),
    include_str!("sql/remove_alerts.sql"),
    include_str!("sql/remove_refused_events.sql"),
    include_str!("sql/remove_mass_revocations.sql"),
    include_str!("sql/remove_credential_uses.sql"),
    include_str!("sql/remove_webhook_messages.sql"),
];

/// Runs maintenance, for [`crate::audit::EventLog::run_maintenance`]. No storage needs to be prepared. Must be called
/// in a transaction.
pub(super) async fn run_maintenance(
    connection: &mut SqliteConnection,
    run: MaintenanceRun,
) -> sqlx::Result<Result<MaintenanceReport, ClockAhead>> {
    if let Err(ahead) = maintenance_clock::check_clock(connection, run).await? {
        return Ok(Err(ahead));
    }
    let MaintenanceRun { now, keep_from, .. } = run;
    let closed =
        execute_batch(connection, include_str!("sql/end_lost_sessions.sql"), now.minus(LOST_END_GRACE)).await?;
    let mut report = MaintenanceReport { has_more: closed >= u64::from(BATCH), ..MaintenanceReport::default() };
    for statement in REMOVALS {
        let removed = execute_batch(connection, statement, keep_from).await?;
        report.removed += removed;
        report.has_more |= removed >= u64::from(BATCH);
    }
    let marks =
        execute_batch(connection, include_str!("sql/remove_erasure_marks.sql"), now.minus(erasure::MARK_RETENTION))
            .await?;
    Ok(Ok(MaintenanceReport {
        removed: report.removed + marks,
        has_more: report.has_more || marks >= u64::from(BATCH),
        ..report
    }))
}

async fn execute_batch(
    connection: &mut SqliteConnection,
    statement: &'static str,
    before: UnixMillis,
) -> sqlx::Result<u64> {
    Ok(sqlx::query(statement).bind(integer(before)).bind(BATCH).execute(connection).await?.rows_affected())
}
