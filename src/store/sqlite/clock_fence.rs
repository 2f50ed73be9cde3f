//! The fence of time: the newest time that the file has stored, and a clock that nobody sets.
//!
//! A clock that is wrong would end every session that it takes for over, and forget what it takes for old, for good.
//! So the clock of this node is compared with what the file knows, before anything is written or declared over.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::SqlitePool;

use super::{clock_gap, column, fault::Fault};
use crate::{
    clock::Clock,
    domain::{UnixMillis, time::Moment},
    store::StoreError,
};

/// How far the clock may be ahead of the newest time stored, at a start that nobody has confirmed.
pub(super) const MOST_GAP: Duration = Duration::from_hours(24);
/// How long a call may wait for its turn after it has read the clock.
const CALL: Duration = Duration::from_mins(2);
/// How often the newest time is stored.
const SAVE: Duration = Duration::from_secs(10);
/// How often the two clocks are brought together, so that small corrections do not add up to a jump.
const ANCHOR: Duration = Duration::from_hours(1);

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
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct State {
    /// When the time of day was last known to be right.
    anchor: Moment,
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
        let anchor = settings.clock.moment();
        let mut connection = pool.acquire().await.map_err(|error| Fault::from(error).during(during))?;
        let stored = clock_gap::newest(&mut connection).await.map_err(|fault| fault.during(during))?;
        let newest = stored.unwrap_or(anchor.wall);
        if anchor.wall.since(newest) > MOST_GAP && !settings.accept_clock {
            let harm = clock_gap::harm(&mut connection, newest, anchor.wall).await;
            if let Some(harm) = harm.map_err(|fault| fault.during(during))? {
                let what = format!(
                    "the clock shows {}, and the newest time stored is {newest}: {harm}. Check the clock; if it is \
                     right, start once with --accept-clock",
                    anchor.wall
                );
                return Err(StoreError::Unreachable { during, source: what.into() });
            }
        }
        let is_behind = anchor.wall < newest;
        let state = State { anchor, newest: newest.max(anchor.wall), saved: newest, is_behind };
        Ok(Self { settings, state: Mutex::new(state) })
    }

    /// Whether the clock is right, and `now`, which was read from it, with it. [`StoreError::ClockSkewed`] if not.
    pub(super) fn check(&self, during: &'static str, now: Option<UnixMillis>) -> Result<(), StoreError> {
        let skew = self.settings.max_skew;
        let skewed = |node, store| Err(StoreError::ClockSkewed { during, node, store });
        // Within the lock, so that of two calls the later one has the later moment.
        let mut state = self.state();
        let moment = self.settings.clock.moment();
        let passed = moment.since_boot.saturating_sub(state.anchor.since_boot);
        let expected = state.anchor.wall.plus(passed);
        if moment.wall.plus(skew) < state.newest {
            return skewed(moment.wall, state.newest);
        }
        if apart(moment.wall, expected) > skew {
            if !state.is_behind || moment.wall.since(state.newest) > MOST_GAP {
                return skewed(moment.wall, expected);
            }
            state.anchor = moment;
        }
        if let Some(now) = now
            && (now.since(moment.wall) > skew || moment.wall.since(now) > CALL)
        {
            return skewed(now, moment.wall);
        }
        if passed > ANCHOR {
            state.anchor = moment;
        }
        state.is_behind = false;
        state.newest = state.newest.max(moment.wall);
        Ok(())
    }

    /// Stores the newest time, if that was not done a moment ago. Where it cannot be stored, the fence is a little older.
    pub(super) async fn save(&self, pool: &SqlitePool, at_once: bool) {
        let State { newest, saved, .. } = *self.state();
        if newest <= saved || (!at_once && newest.since(saved) < SAVE) {
            return;
        }
        let save = "INSERT INTO clock (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)";
        match sqlx::query(save).bind(column::integer(newest)).execute(pool).await {
            Ok(_) => self.state().saved = newest,
            Err(error) => tracing::debug!(%error, "failed to store the newest time; it is tried again"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apart(one: UnixMillis, other: UnixMillis) -> Duration {
    one.since(other).max(other.since(one))
}
