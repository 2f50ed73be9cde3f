//! How alerts are doing. Sessions do without them, so they never make a node not ready.

use tokio::sync::watch::Receiver;

use crate::{
    alerts::{ArchiverStatus, FeedStatus, ForwarderStatus},
    app::readiness::CheckResult,
    domain::UnixMillis,
    telemetry::Metrics,
    transport::http::CheckState,
};

/// Where alerts say how they are doing.
#[derive(Clone)]
pub(in crate::app) struct AlertStatusReceivers {
    pub(in crate::app) forwarder: Receiver<ForwarderStatus>,
    pub(in crate::app) feed: Receiver<FeedStatus>,
    pub(in crate::app) archiver: Receiver<ArchiverStatus>,
}

impl AlertStatusReceivers {
    /// Exports how they are doing, and returns it. Degraded while one of the three fails.
    pub(super) fn check(&self, metrics: &Metrics, now: UnixMillis) -> CheckResult {
        let (forwarder, feed) = (self.forwarder.borrow().clone(), self.feed.borrow().clone());
        let archiver = self.archiver.borrow().clone();
        metrics.record_forwarder(&forwarder, now);
        metrics.record_alert_feed(&feed, now);
        metrics.record_alert_archive(&archiver, now);
        let failures = [
            ("findings are not forwarded", forwarder.failure.as_deref()),
            ("the stream is not read", feed.failure.as_deref()),
            ("alerts are not archived", archiver.failure.as_ref().map(|failure| failure.error.as_str())),
        ];
        let failures = failures.into_iter().filter_map(|(what, failure)| Some(format!("; {what}: {}", failure?)));
        let failures: String = failures.collect();
        let delivery = if feed.is_listening { "heard at once" } else { "read every second, not heard at once" };
        let archive = match archiver.archived_up_to {
            Some(position) => format!("archived up to {position} as of {} s ago", archiver.lag(now).as_secs()),
            None => "not archived".to_owned(),
        };
        let state = if failures.is_empty() { CheckState::Ok } else { CheckState::Degraded };
        CheckResult::new(
            state,
            format!("{} findings wait, alerts are {delivery} and {archive}{failures}", forwarder.pending),
        )
    }
}
