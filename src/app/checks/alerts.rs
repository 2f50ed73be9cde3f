//! The readiness check of alerts. Sessions do not depend on alerts, so it never makes a node not ready.

use tokio::sync::watch::Receiver;

use crate::{
    alerts::{ArchiverStatus, FeedStatus, ForwarderStatus},
    app::readiness::CheckResult,
    domain::UnixMillis,
    telemetry::Metrics,
    transport::http::CheckState,
};

/// The receivers of the status of forwarder, feed and archiver.
#[derive(Clone)]
pub(in crate::app) struct AlertStatusReceivers {
    pub(in crate::app) forwarder: Receiver<ForwarderStatus>,
    pub(in crate::app) feed: Receiver<FeedStatus>,
    pub(in crate::app) archiver: Receiver<ArchiverStatus>,
}

impl AlertStatusReceivers {
    /// Exports the status and returns it. Degraded while one of the three fails.
    pub(super) fn check(&self, metrics: &Metrics, now: UnixMillis) -> CheckResult {
        let (forwarder, feed) = (self.forwarder.borrow().clone(), self.feed.borrow().clone());
        let archiver = self.archiver.borrow().clone();
        metrics.record_forwarder(&forwarder, now);
        metrics.record_alert_feed(&feed, now);
        metrics.record_alert_archive(&archiver, now);
        let failures = [
            ("forwarding findings fails", forwarder.failure.as_deref()),
            ("reading the alert stream fails", feed.failure.as_deref()),
            ("archiving alerts fails", archiver.failure.as_ref().map(|failure| failure.error.as_str())),
        ];
        let failures = failures.into_iter().filter_map(|(what, failure)| Some(format!("; {what}: {}", failure?)));
        let failures: String = failures.collect();
        let delivery = if feed.is_listening {
            "delivered by notification"
        } else {
            "polled every second, notifications unavailable"
        };
        let archive = match archiver.archived_up_to {
            Some(position) => format!("archived up to {position} as of {} s ago", archiver.lag(now).as_secs()),
            None => "not archived".to_owned(),
        };
        let state = if failures.is_empty() { CheckState::Ok } else { CheckState::Degraded };
        CheckResult::new(
            state,
            format!("{} findings pending, alerts are {delivery} and {archive}{failures}", forwarder.pending),
        )
    }
}
