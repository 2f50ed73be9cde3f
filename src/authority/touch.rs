//! The activity of many sessions, as a caller that keeps its own view of them reports it.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{activity::SessionActivity, clock_monitor::ClockMonitor, observer::AuthorityObserver};
use crate::{
    clock::Clock,
    domain::{
        CallError, EndReason, FieldViolation, Liveness, SessionClock, SessionId, TenantScope, UnixMillis,
        limits::CLOCK_TOLERANCE,
    },
    near_cache::{SessionReader, SessionStatus},
    store::{SessionStore, Touch},
};

/// The number of sessions that one call looks up at a time.
const CONCURRENT_READS: usize = 32;

/// A use of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionUse {
    pub session_id: SessionId,
    pub at: UnixMillis,
}

/// Records activity of sessions by their IDs.
pub struct SessionToucher {
    pub reader: Arc<SessionReader>,
    pub store: Arc<dyn SessionStore>,
    pub activity: Arc<SessionActivity>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl SessionToucher {
    /// Checks the time of a use, which is not in the future, apart from the tolerated difference of clocks.
    pub fn check_time(&self, used_at: UnixMillis) -> Result<(), FieldViolation> {
        if used_at > self.clock.now().plus(CLOCK_TOLERANCE) {
            return Err(FieldViolation::new("used_at", "is in the future; check the caller's clock"));
        }
        Ok(())
    }

    /// Moves the last activity of the sessions forward, never back, and never beyond now. Returns the clock of each, in
    /// the order given; `None` for a session that has ended, does not exist, or is of a tenant outside `tenants`. Such a
    /// session is not changed: activity that is reported after the end revives nothing.
    pub async fn touch(
        &self,
        uses: &[SessionUse],
        tenants: &TenantScope,
    ) -> Result<Vec<Option<SessionClock>>, CallError> {
        let moment = self.clock.instant();
        self.clock_monitor.verify(moment)?;
        let now = moment.wall_clock;
        let mut clocks: Vec<Option<SessionClock>> =
            stream::iter(uses.iter().map(|session_use| session_use.session_id).collect::<Vec<_>>())
                .map(|id| self.live_clock(id, tenants, now))
                .buffered(CONCURRENT_READS)
                .try_collect()
                .await?;
        let live = || uses.iter().zip(&clocks).enumerate().filter(|(_, (_, clock))| clock.is_some());
        let (positions, touches): (Vec<_>, Vec<_>) = live()
            .map(|(position, (session_use, _))| {
                (position, Touch { session_id: session_use.session_id, at: session_use.at.min(now) })
            })
            .unzip();
        if touches.is_empty() {
            return Ok(clocks);
        }
        let stored = self.store.touch(&touches).await?;
        self.observer.touches_written(touches.len());
        for ((position, touch), stored) in positions.into_iter().zip(&touches).zip(stored) {
            match (stored, &mut clocks[position]) {
                (Some(at), Some(clock)) => {
                    clock.last_active = clock.last_active.max(at);
                    self.activity.add_written(Touch { at, ..*touch });
                }
                (_, clock) => *clock = None,
            }
        }
        Ok(clocks)
    }

    /// Returns the clock of the session while it is active.
    async fn live_clock(
        &self,
        id: SessionId,
        tenants: &TenantScope,
        now: UnixMillis,
    ) -> Result<Option<SessionClock>, CallError> {
        let mut read = self.reader.read_bounded(id).await?;
        loop {
            let SessionStatus::Live(session) = &read.status else { return Ok(None) };
            if !tenants.allows(session.tenant.as_str()) {
                return Ok(None);
            }
            let mut clock = session.clock();
            if let Some(latest) = self.activity.latest(id) {
                clock.last_active = clock.last_active.max(latest);
            }
            match clock.liveness(now) {
                Liveness::Live => return Ok(Some(clock)),
                // Other nodes may know of activity that this node does not.
                Liveness::Ended { reason: EndReason::IdleTimeout, .. } if read.is_from_cache() || read.as_of < now => {
                    read = self.reader.read_store(id).await?;
                }
                Liveness::Ended { .. } => return Ok(None),
            }
        }
    }
}
