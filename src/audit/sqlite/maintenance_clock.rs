//! Plausibility of the clock, judged by the times that the file has stored.

use sqlx::SqliteConnection;

use crate::{
    audit::{
        erasure,
        maintenance::LOST_END_GRACE,
        maintenance_run::{ClockAhead, ClockReference, ConfirmedTime, MaintenanceRun},
    },
    domain::UnixMillis,
    sqlite::{integer, time},
};

/// Selects whether a run has anything to remove or to end: data before `?1`, deadlines before `?2`, marks before `?3`.
const IS_DUE: &str = "SELECT
    EXISTS (SELECT 1 FROM session_events WHERE at < ?1 AND seq < (SELECT max(seq) FROM session_events))
    OR EXISTS (SELECT 1 FROM login_events WHERE at < ?1)
    OR EXISTS (SELECT 1 FROM alerts WHERE event_time < ?1)
    OR EXISTS (SELECT 1 FROM refused_events WHERE refused_at < ?1)
    OR EXISTS (SELECT 1 FROM sessions WHERE created_at < ?1 AND (ended_at < ?1 OR ended_at IS NULL AND expires_at < ?1))
    OR EXISTS (SELECT 1 FROM sessions WHERE ended_at IS NULL AND expires_at < ?2)
    OR EXISTS (SELECT 1 FROM forgotten_users WHERE at < ?3)";

/// Checks the clock of a run and stores its time, or returns the reason why the run must not proceed. Must be called in
/// the transaction of the run.
pub(super) async fn check_clock(
    connection: &mut SqliteConnection,
    run: MaintenanceRun,
) -> sqlx::Result<Result<(), ClockAhead>> {
    let last: Option<i64> =
        sqlx::query_scalar("SELECT at FROM maintenance_clock").fetch_optional(&mut *connection).await?;
    let last = match last {
        Some(last) => Some(time(last)),
        None => latest_until(connection, UnixMillis::MAX).await?,
    };
    if let Some(last) = last {
        let mut confirmed = ConfirmedTime::new(run, last);
        while let Some(limit) = confirmed.next_limit() {
            confirmed.advance(latest_until(connection, limit).await?);
        }
        let at = confirmed.latest();
        if run.now > run.latest_plausible(at) && !run.accept_clock && is_due(connection, run).await? {
            return Ok(Err(ClockAhead { now: run.now, reference: ClockReference::StoredTime, at }));
        }
        // The clock was set back, as stored events prove.
        if run.now < last && latest_until(connection, last).await?.is_some_and(|stored| stored > run.now) {
            return Ok(Ok(()));
        }
    }
    sqlx::query("INSERT INTO maintenance_clock (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at")
        .bind(integer(run.now))
        .execute(connection)
        .await?;
    Ok(Ok(()))
}

async fn latest_until(connection: &mut SqliteConnection, limit: UnixMillis) -> sqlx::Result<Option<UnixMillis>> {
    let latest = sqlx::query_scalar("SELECT max(at) FROM session_events WHERE at <= ?").bind(integer(limit));
    let latest: Option<i64> = latest.fetch_one(connection).await?;
    Ok(latest.map(time))
}

async fn is_due(connection: &mut SqliteConnection, run: MaintenanceRun) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_DUE)
        .bind(integer(run.keep_from))
        .bind(integer(run.now.minus(LOST_END_GRACE)))
        .bind(integer(run.now.minus(erasure::MARK_RETENTION)))
        .fetch_one(connection)
        .await
}
