//! The newest stored time of a file, and the impact of a clock that is ahead of it.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

use super::{column, engine_error::EngineError};
use crate::{
    domain::{Liveness, UnixMillis, limits},
    store::record,
};

/// Maximum time that the clock may be ahead of the newest stored time at startup, unless an operator accepts it.
pub(super) const MAX_GAP: Duration = Duration::from_hours(24);

/// Selects the newest time in all tables that have one, for a file that does not store it separately yet.
const NEWEST_STORED_TIME: &str = "SELECT max(at) FROM (
    SELECT max(made_at) AS at FROM tombstones
    UNION ALL SELECT max(made_at) FROM requests
    UNION ALL SELECT max(made_at) FROM operations
    UNION ALL SELECT max(made_at) FROM mass_operations
    UNION ALL SELECT max(floor) FROM floors
    UNION ALL SELECT max(raised_at) FROM matters
    UNION ALL SELECT max(at) FROM generations
    UNION ALL SELECT max(at) FROM outbox)";

/// Counts floors and histories that are retained at `?1` and expired at `?2`. State with a retention of one day is not
/// counted.
const COUNT_FORGOTTEN: &str = "SELECT
    (SELECT count(*) FROM floors WHERE floor >= ?1 - ?3 AND floor < ?2 - ?3)
    + (SELECT count(*) FROM histories WHERE keep_until >= ?1 AND keep_until < ?2)";

/// Returns the newest stored time, or `None` if the file is empty.
pub(super) async fn newest_stored_time(connection: &mut SqliteConnection) -> Result<Option<UnixMillis>, EngineError> {
    let stored: Option<i64> = sqlx::query_scalar("SELECT at FROM clock").fetch_optional(&mut *connection).await?;
    if stored.is_some() {
        return Ok(stored.map(column::time));
    }
    let newest: Option<i64> = sqlx::query_scalar(NEWEST_STORED_TIME).fetch_one(&mut *connection).await?;
    let mut newest = newest.map(column::time);
    let mut rows = sqlx::query("SELECT clock FROM sessions").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        if let Ok((clock, _)) = record::decode_clock(row.try_get("clock")?) {
            newest = newest.max(Some(clock.last_active));
        }
    }
    Ok(newest)
}

/// Describes the sessions and the stored state that exist at `newest` and would have ended or expired at `now`, which
/// is more than a day later. Returns `None` if there are none.
pub(super) async fn describe_impact(
    connection: &mut SqliteConnection,
    newest: UnixMillis,
    now: UnixMillis,
) -> Result<Option<String>, EngineError> {
    let mut ended = 0_u64;
    {
        let due = "SELECT sessions.clock FROM sessions JOIN users USING (handle) WHERE users.due_at <= ?1";
        let mut rows = sqlx::query(due).bind(column::integer(now)).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            if let Ok((clock, _)) = record::decode_clock(row.try_get("clock")?)
                && clock.liveness(newest) == Liveness::Live
                && clock.liveness(now) != Liveness::Live
            {
                ended += 1;
            }
        }
    }
    let kept_for = i64::try_from(limits::MAX_AUTHENTICATION_AGE.as_millis()).unwrap_or(i64::MAX);
    let forgotten: i64 = sqlx::query_scalar(COUNT_FORGOTTEN)
        .bind(column::integer(newest.plus(MAX_GAP)))
        .bind(column::integer(now))
        .bind(kept_for)
        .fetch_one(connection)
        .await?;
    Ok((ended > 0 || forgotten > 0).then(|| {
        format!("{ended} active sessions would end and the stored state of {forgotten} users would be deleted")
    }))
}
