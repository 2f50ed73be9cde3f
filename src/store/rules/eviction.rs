//! Selection of the sessions that a new session ends.

use super::liveness::SessionHead;
use crate::domain::{LimitAction, device::DeviceTag};

/// A user's live sessions, grouped by the effect of a new session on them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct EvictionPlan {
    pub remaining: Vec<SessionHead>,
    pub replaced: Vec<SessionHead>,
    pub evicted: Vec<SessionHead>,
}

/// The error if the policy allows no session beyond these `live` ones.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct LimitReached {
    pub live: u32,
}

/// Selects the sessions that a new session ends. `live` is ordered from the least recently active session.
///
/// - Sessions on `device`, which signs in again, are replaced and do not count.
/// - Of the others, the most recently active ones remain, one fewer than `limit`, and the rest are evicted.
///
/// Returns an error if one had to be evicted and `on_limit` refuses that.
pub(in crate::store) fn plan_eviction(
    live: Vec<SessionHead>,
    device: Option<DeviceTag>,
    limit: u16,
    on_limit: LimitAction,
) -> Result<EvictionPlan, LimitReached> {
    let (replaced, mut remaining): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|session| Some(session.clock.device) == device);
    let kept_beside = usize::from(limit).saturating_sub(1);
    let excess = remaining.len().saturating_sub(kept_beside);
    if excess > 0 && on_limit == LimitAction::Refuse {
        return Err(LimitReached { live: u32::try_from(remaining.len()).unwrap_or(u32::MAX) });
    }
    let evicted = remaining.drain(..excess).collect();
    Ok(EvictionPlan { remaining, replaced, evicted })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{SessionClock, UnixMillis};

    fn session_on(device: u8) -> SessionHead {
        let clock = SessionClock {
            last_active: UnixMillis::new(1),
            idle_timeout: Duration::ZERO,
            idle_margin: Duration::ZERO,
            expires_at: UnixMillis::new(9),
            device: [device; 8],
        };
        SessionHead { unique: [device; 8], clock, generation: 0, touched: false }
    }

    #[test]
    fn the_first_give_way_until_there_is_room_for_one() {
        let plan =
            plan_eviction(vec![session_on(1), session_on(2), session_on(3)], None, 2, LimitAction::EvictLeastRecent)
                .expect("room");
        assert_eq!(
            plan,
            EvictionPlan {
                remaining: vec![session_on(3)],
                replaced: vec![],
                evicted: vec![session_on(1), session_on(2)]
            }
        );
    }

    #[test]
    fn what_is_replaced_does_not_count() {
        let plan =
            plan_eviction(vec![session_on(1), session_on(2)], Some([2; 8]), 2, LimitAction::Refuse).expect("room");
        assert_eq!(
            plan,
            EvictionPlan { remaining: vec![session_on(1)], replaced: vec![session_on(2)], evicted: vec![] }
        );
    }

    #[test]
    fn a_refusal_reports_how_many_would_stay() {
        let refusal =
            plan_eviction(vec![session_on(1), session_on(2), session_on(3)], Some([3; 8]), 2, LimitAction::Refuse);
        assert_eq!(refusal, Err(LimitReached { live: 2 }));
    }
}
