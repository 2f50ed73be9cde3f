//! The readiness check of the audit. Sessions do not depend on the audit, so it never makes a node not ready.

use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::{
    app::readiness::CheckResult,
    audit::{MaintenanceStatus, RelayStatus},
    domain::UnixMillis,
    transport::http::CheckState,
};

/// The age from which on the oldest pending event is late.
const LATE_AFTER: Duration = Duration::from_mins(5);

/// The maximum age of the last count of the outbox.
const COUNT_STALE_AFTER: Duration = Duration::from_mins(1);

/// The receivers of the status of relay, maintenance and webhooks.
#[derive(Clone)]
pub(in crate::app) struct AuditStatusReceivers {
    pub(in crate::app) relay: Receiver<RelayStatus>,
    pub(in crate::app) maintenance: Receiver<MaintenanceStatus>,
    /// The reason why webhooks cannot be read.
    pub(in crate::app) webhooks: Receiver<Option<String>>,
}

/// The current status of relay, maintenance and webhooks.
pub(super) struct AuditStatus {
    pub(super) relay: RelayStatus,
    pub(super) maintenance: MaintenanceStatus,
    pub(super) webhooks: Option<String>,
}

impl AuditStatusReceivers {
    pub(super) fn status(&self) -> AuditStatus {
        AuditStatus {
            relay: self.relay.borrow().clone(),
            maintenance: self.maintenance.borrow().clone(),
            webhooks: self.webhooks.borrow().clone(),
        }
    }
}

impl AuditStatus {
    /// Returns the result of the check. Degraded while events are not accepted, not counted or late, while a mass
    /// revocation cannot be completed, or while webhooks cannot be read. A failure of maintenance is shown in the
    /// detail alone, because events are still accepted.
    pub(super) fn check(&self, now: UnixMillis) -> CheckResult {
        let Self { relay, maintenance, webhooks } = self;
        let lag = relay.lag(now);
        let mut detail = format!("{} events pending, the oldest for {} s", relay.backlog.events, lag.as_secs());
        let mut state = if lag > LATE_AFTER { CheckState::Degraded } else { CheckState::Ok };
        if let Some(failure) = &relay.failure {
            state = CheckState::Degraded;
            detail = format!("{detail}; the audit database rejects them or is unavailable: {}", failure.error);
        }
        if let Some(failure) = &relay.count_failure {
            state = CheckState::Degraded;
            let error = &failure.error;
            detail = format!("{detail}; part of the outbox cannot be read, so the count is outdated: {error}");
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
            detail = format!("{detail}; counted {} s ago: the relay is stuck", counted.as_secs());
        }
        if let Some(error) = webhooks {
            state = CheckState::Degraded;
            detail = format!("{detail}; webhooks are not delivered: {error}");
        }
        if let Some(failure) = &maintenance.failure {
            detail = format!("{detail}; maintenance fails: {}", failure.error);
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
        for (relay, maintenance, expected) in [
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
            let status = AuditStatus {
                relay,
                maintenance: MaintenanceStatus { failure: maintenance, ..MaintenanceStatus::default() },
                webhooks: None,
            };
            let result = status.check(now);
            assert_eq!(result.state, expected, "{}", result.detail);
        }
        let webhooks = Some("gone".to_owned());
        let result = AuditStatus { relay: well(), maintenance: MaintenanceStatus::default(), webhooks }.check(now);
        assert_eq!(result.state, CheckState::Degraded);
        assert!(result.detail.ends_with("webhooks are not delivered: gone"), "{}", result.detail);
    }
}
