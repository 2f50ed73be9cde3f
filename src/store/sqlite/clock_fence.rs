//! The fence of time: the newest time that the file has stored, and a clock that nobody sets.
//!
//! A clock that is wrong would end every session that it takes for over, and forget what it takes for old, for good.
//! So the clock of this node is compared with what the file knows, before anything is written or declared over.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::SqlitePool;

use super::{clock_gap, column, engine_error::EngineError};
use crate::{
    clock::Clock,
    domain::{UnixMillis, time::ClockInstant},
    store::StoreError,
};

/// How far the clock may be ahead of the newest time stored, at a start that nobody has confirmed.
pub(super) const MAX_GAP: Duration = Duration::from_hours(24);
/// How long a call may wait for its turn after it has read the clock.
const MAX_CALL_DELAY: Duration = Duration::from_mins(2);
/// How often the newest time is stored.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);
/// How often the two clocks are brought together, so that small corrections do not add up to a jump.
const ANCHOR_INTERVAL: Duration = Duration::from_hours(1);

/// How the clock of a node is compared with the store.
#[derive(Clone)]
pub struct ClockSettings {
    pub clock: Arc<dyn Clock>,
    /// By how much the time of day may jump, or lie before the newest time stored.
    pub max_skew: Duration,
    /// Whether an operator has stated that the clock is right: then it may be any time ahead at the start.
    pub accept_clock: bool,
}

pub(super) struct ClockFence {
    settings: ClockSettings,
    state: Mutex<ClockFenceState>,
}

#[derive(Clone, Copy)]
struct ClockFenceState {
    /// When the time of day was last known to be right.
    anchor: ClockInstant,
    /// The newest time known.
    newest: UnixMillis,
    saved: UnixMillis,
    /// The clock has been behind what is stored since the start: nothing was done under it, so it may still be set.
    is_behind: bool,
}

impl std::fmt::Debug for ClockFence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClockFence").finish_non_exhaustive()
    }
}

impl ClockFence {
    /// Compares the clock with the newest time stored. The error says what to do.
    pub(super) async fn open(pool: &SqlitePool, settings: ClockSettings) -> Result<Self, StoreError> {
        let during = "opening the session store";
        let anchor = settings.clock.instant();
        let mut connection = pool.acquire().await.map_err(|error| EngineError::from(error).into_store_error(during))?;
        let stored =
            clock_gap::newest_stored_time(&mut connection).await.map_err(|error| error.into_store_error(during))?;
        let newest = stored.unwrap_or(anchor.wall_clock);
        if anchor.wall_clock.since(newest) > MAX_GAP && !settings.accept_clock {
            let impact = clock_gap::describe_impact(&mut connection, newest, anchor.wall_clock).await;
            if let Some(impact) = impact.map_err(|error| error.into_store_error(during))? {
                let what = format!(
                    "the clock shows {}, and the newest time stored is {newest}: {impact}. Check the clock; if it is \
                     right, start once with --accept-clock",
                    anchor.wall_clock
                );
                return Err(StoreError::Unreachable { during, source: what.into() });
            }
        }
        let is_behind = anchor.wall_clock < newest;
        let state = ClockFenceState { anchor, newest: newest.max(anchor.wall_clock), saved: newest, is_behind };
        Ok(Self { settings, state: Mutex::new(state) })
    }

    /// Whether the clock is right, and `now`, which was read from it, with it. [`StoreError::ClockSkewed`] if not.
    pub(super) fn check(&self, during: &'static str, now: Option<UnixMillis>) -> Result<(), StoreError> {
        let skew = self.settings.max_skew;
        let skewed = |node, store| Err(StoreError::ClockSkewed { during, node, store });
        // Within the lock, so that of two calls the later one has the later moment.
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

    /// Stores the newest time, if that was not done a moment ago. Where it cannot be stored, the fence is a little older.
    pub(super) async fn save(&self, pool: &SqlitePool, at_once: bool) {
        let ClockFenceState { newest, saved, .. } = *self.state();
        if newest <= saved || (!at_once && newest.since(saved) < SAVE_INTERVAL) {
            return;
        }
        let save = "INSERT INTO clock (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)";
        match sqlx::query(save).bind(column::integer(newest)).execute(pool).await {
            Ok(_) => self.state().saved = newest,
            Err(error) => tracing::debug!(%error, "failed to store the newest time; it is tried again"),
        }
    }

    fn state(&self) -> MutexGuard<'_, ClockFenceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn difference(one: UnixMillis, other: UnixMillis) -> Duration {
    one.since(other).max(other.since(one))
}
