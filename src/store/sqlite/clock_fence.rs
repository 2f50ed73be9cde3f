//! Clock fence: protects the store against a wrong clock, with the newest stored time and a monotonic clock.
//!
//! A clock that is too far ahead would permanently end every session that it considers expired, and delete state that
//! it considers old. The clock of this node is therefore compared with the stored times before anything is written or
//! reported as ended.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::transaction::EngineError;
use crate::{
    clock::Clock,
    domain::{Liveness, UnixMillis, limits, time::ClockInstant},
    sqlite::{integer, time},
    store::{StoreError, record},
};

/// Maximum time between reading the clock in a call and checking it here.
const MAX_CALL_DELAY: Duration = Duration::from_mins(2);
/// Interval at which the newest time is stored.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);
/// Interval at which the two clocks are aligned, so that small corrections do not add up to a jump.
const ANCHOR_INTERVAL: Duration = Duration::from_hours(1);
/// Maximum time that the clock may be ahead of the newest stored time at startup, unless an operator accepts it.
const MAX_GAP: Duration = Duration::from_hours(24);

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

/// Counts denials of JWTs that end from `?1` on and have ended at `?2`.
const COUNT_ENDED_DENIALS: &str = "SELECT count(*) FROM denied_jwts WHERE ends_at >= ?1 AND ends_at < ?2";

/// Settings for comparing the clock of a node with the store.
#[derive(Clone)]
pub struct ClockSettings {
    pub clock: Arc<dyn Clock>,
    /// Maximum jump of the time of day, and maximum time that it may be before the newest stored time.
    pub max_skew: Duration,
    /// Set if an operator has confirmed the clock: at startup it may then be ahead by any time.
    pub accept_clock: bool,
}

pub(super) struct ClockFence {
    settings: ClockSettings,
    state: Mutex<ClockFenceState>,
}

#[derive(Clone, Copy)]
struct ClockFenceState {
    /// The last moment at which the time of day was known to be right.
    anchor: ClockInstant,
    /// The newest known time.
    newest: UnixMillis,
    saved: UnixMillis,
    /// Set while the clock has been behind the stored time ever since startup. Nothing was done under that clock, so it
    /// may still be corrected.
    is_behind: bool,
}

impl std::fmt::Debug for ClockFence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClockFence").finish_non_exhaustive()
    }
}

impl ClockFence {
    /// Compares the clock with the newest stored time. The error states the corrective action.
    pub(super) async fn open(pool: &SqlitePool, settings: ClockSettings) -> Result<Self, StoreError> {
        let during = "opening the session store";
        let anchor = settings.clock.instant();
        let mut connection = pool.acquire().await.map_err(|error| EngineError::from(error).into_store_error(during))?;
        let stored = newest_stored_time(&mut connection).await.map_err(|error| error.into_store_error(during))?;
        let newest = stored.unwrap_or(anchor.wall_clock);
        if anchor.wall_clock.since(newest) > MAX_GAP && !settings.accept_clock {
            let impact = describe_impact(&mut connection, newest, anchor.wall_clock).await;
            if let Some(impact) = impact.map_err(|error| error.into_store_error(during))? {
                let what = format!(
                    "the clock shows {}, but the newest stored time is {newest}: {impact}. Correct the clock, or \
                     start once with --accept-clock",
                    anchor.wall_clock
                );
                return Err(StoreError::Unreachable { during, source: what.into() });
            }
        }
        let is_behind = anchor.wall_clock < newest;
        let state = ClockFenceState { anchor, newest: newest.max(anchor.wall_clock), saved: newest, is_behind };
        Ok(Self { settings, state: Mutex::new(state) })
    }

    /// Checks the clock, and `now`, which was read from it. Returns [`StoreError::ClockSkewed`] if either is wrong.
    pub(super) fn check(&self, during: &'static str, now: Option<UnixMillis>) -> Result<(), StoreError> {
        let skew = self.settings.max_skew;
        let skewed = |node, store| Err(StoreError::ClockSkewed { during, node, store });
        // The clock is read under the lock, so that of two calls the later one has the later time.
        let mut state = self.state();
        let moment = self.settings.clock.instant();
        let passed = moment.since_boot.saturating_sub(state.anchor.since_boot);
        let expected = state.anchor.wall_clock.plus(passed);
        if moment.wall_clock.plus(skew) < state.newest {
            return skewed(moment.wall_clock, state.newest);
        }
        if difference(moment.wall_clock, expected) > skew {
            if !state.is_behind || moment.wall_clock.since(state.newest) > MAX_GAP {
                return skewed(moment.wall_clock, expected);
            }
            state.anchor = moment;
        }
        if let Some(now) = now
            && (now.since(moment.wall_clock) > skew || moment.wall_clock.since(now) > MAX_CALL_DELAY)
        {
            return skewed(now, moment.wall_clock);
        }
        if passed > ANCHOR_INTERVAL {
            state.anchor = moment;
        }
        state.is_behind = false;
        state.newest = state.newest.max(moment.wall_clock);
        Ok(())
    }

    /// Stores the newest time, at most once per interval unless `at_once` is set. If that fails, the stored time stays
    /// a little older and is saved later.
    pub(super) async fn save(&self, pool: &SqlitePool, at_once: bool) {
        let ClockFenceState { newest, saved, .. } = *self.state();
        if newest <= saved || (!at_once && newest.since(saved) < SAVE_INTERVAL) {
            return;
        }
        let save = "INSERT INTO clock (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)";
        match sqlx::query(save).bind(integer(newest)).execute(pool).await {
            Ok(_) => self.state().saved = newest,
            Err(error) => tracing::debug!(%error, "failed to store the newest time; retrying"),
        }
    }

    fn state(&self) -> MutexGuard<'_, ClockFenceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the newest stored time, or `None` if the file is empty.
async fn newest_stored_time(connection: &mut SqliteConnection) -> Result<Option<UnixMillis>, EngineError> {
    let stored: Option<i64> = sqlx::query_scalar("SELECT at FROM clock").fetch_optional(&mut *connection).await?;
    if stored.is_some() {
        return Ok(stored.map(time));
    }
    let newest: Option<i64> = sqlx::query_scalar(NEWEST_STORED_TIME).fetch_one(&mut *connection).await?;
    let mut newest = newest.map(time);
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
async fn describe_impact(
    connection: &mut SqliteConnection,
    newest: UnixMillis,
    now: UnixMillis,
) -> Result<Option<String>, EngineError> {
    let mut ended = 0_u64;
    {
        let due = "SELECT sessions.clock FROM sessions JOIN users USING (handle) WHERE users.due_at <= ?1";
        let mut rows = sqlx::query(due).bind(integer(now)).fetch(&mut *connection);
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
        .bind(integer(newest.plus(MAX_GAP)))
        .bind(integer(now))
        .bind(kept_for)
        .fetch_one(&mut *connection)
        .await?;
    let accepted: i64 = sqlx::query_scalar(COUNT_ENDED_DENIALS)
        .bind(integer(newest.plus(MAX_GAP)))
        .bind(integer(now))
        .fetch_one(connection)
        .await?;
    Ok((ended > 0 || forgotten > 0 || accepted > 0).then(|| {
        let denials = if accepted > 0 { format!(", and {accepted} denials of JWTs would end") } else { String::new() };
        format!("{ended} active sessions would end and the stored state of {forgotten} users would be deleted{denials}")
    }))
}

fn difference(one: UnixMillis, other: UnixMillis) -> Duration {
    one.since(other).max(other.since(one))
}
