//! How the audit is doing. Sessions do not depend on it, so it never makes a node not ready.

use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::{
    app::readiness::CheckResult,
    audit::{MaintenanceStatus, RelayStatus},
    domain::UnixMillis,
    transport::http::CheckState,
};

/// From when on the oldest event that waits is late.
const LATE_AFTER: Duration = Duration::from_mins(5);

/// How long ago the outbox may have been counted.
const COUNT_STALE_AFTER: Duration = Duration::from_mins(1);

/// Where the audit says how it is doing.
#[derive(Clone)]
pub(in crate::app) struct AuditStatusReceivers {
    pub(in crate::app) relay: Receiver<RelayStatus>,
    pub(in crate::app) upkeep: Receiver<MaintenanceStatus>,
}

/// How it is doing now.
pub(super) struct AuditStatus {
    pub(super) relay: RelayStatus,
    pub(super) upkeep: MaintenanceStatus,
}

impl AuditStatusReceivers {
    pub(super) fn status(&self) -> AuditStatus {
        AuditStatus { relay: self.relay.borrow().clone(), upkeep: self.upkeep.borrow().clone() }
    }
}

impl AuditStatus {
    /// Degraded while events are not taken, not counted, or late, or a mass revocation cannot be completed. Upkeep that fails is in the detail alone: events are
    /// taken all the same.
    pub(super) fn check(&self, now: UnixMillis) -> CheckResult {
        let Self { relay, upkeep } = self;
        let lag = relay.lag(now);
        let mut detail = format!("{} events wait, the oldest for {} s", relay.backlog.events, lag.as_secs());
        let mut state = if lag > LATE_AFTER { CheckState::Degraded } else { CheckState::Ok };
        if let Some(failure) = &relay.failure {
            state = CheckState::Degraded;
            detail = format!("{detail}; the audit database does not take them: {}", failure.error);
        }
        if let Some(failure) = &relay.count_failure {
            state = CheckState::Degraded;
            let error = &failure.error;
            detail = format!("{detail}; that was before a part of the outbox could no longer be read: {error}");
        }
        if let Some(failure) = &relay.mass_endings_failure {
            state = CheckState::Degraded;
            let error = &failure.error;
            detail =
                format!("{detail}; the sessions of a mass revocation cannot be ended in the audit database: {error}");
        }
        let counted = relay.counted_at.map(|at| now.since(at)).unwrap_or_default();
        if relay.count_failure.is_none() && counted > COUNT_STALE_AFTER {
            state = CheckState::Degraded;
            detail = format!("{detail}; that was {} s ago: the relay hangs", counted.as_secs());
        }
        if let Some(failure) = &upkeep.failure {
            detail = format!("{detail}; its upkeep is not done: {}", failure.error);
        }
        CheckResult::new(state, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audit::OngoingFailure, store::Backlog};

    #[test]
    fn the_audit_degrades_a_node_and_never_more() {
        let now = UnixMillis::new(10_000_000);
        let failure = || Some(OngoingFailure { since: now, error: "gone".to_owned() });
        let well = || RelayStatus { counted_at: Some(now), ..RelayStatus::default() };
        let waiting = |span| Backlog { events: 1, oldest: Some(now.minus(span)) };
        let minute = Duration::from_mins(1);
        let late = now.minus(minute * 3);
        for (relay, upkeep, expected) in [
            (RelayStatus::default(), None, CheckState::Ok),
            (well(), None, CheckState::Ok),
            (well(), failure(), CheckState::Ok),
            (RelayStatus { failure: failure(), ..well() }, None, CheckState::Degraded),
            (RelayStatus { count_failure: failure(), ..well() }, None, CheckState::Degraded),
            (RelayStatus { mass_endings_failure: failure(), ..well() }, None, CheckState::Degraded),
            (RelayStatus { backlog: waiting(LATE_AFTER), ..well() }, None, CheckState::Ok),
            (RelayStatus { backlog: waiting(LATE_AFTER + minute), ..well() }, None, CheckState::Degraded),
            (RelayStatus { counted_at: Some(late), ..well() }, None, CheckState::Degraded),
            (RelayStatus { complete_until: Some(late), ..well() }, None, CheckState::Ok),
        ] {
            let status =
                AuditStatus { relay, upkeep: MaintenanceStatus { failure: upkeep, ..MaintenanceStatus::default() } };
            let result = status.check(now);
            assert_eq!(result.state, expected, "{}", result.detail);
        }
    }
}
