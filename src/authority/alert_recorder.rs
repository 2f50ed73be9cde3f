//! The record that a node keeps of the alerts it raised.

use std::sync::Arc;

use super::{dirty_buckets::DirtyBuckets, observer::AuthorityObserver};
use crate::{
    detection::AlertRule,
    domain::{Alert, Bucket, alert::AlertVerdict},
};

/// Records raised alerts: counts them, and signals that there are findings to forward.
#[derive(Clone)]
pub struct AlertRecorder {
    pub observer: Arc<dyn AuthorityObserver>,
    /// The buckets with findings, so that these are forwarded at once.
    pub dirty_buckets: Arc<DirtyBuckets>,
}

impl AlertRecorder {
    /// Records an answer to an alert, which one step raised again in a bucket.
    pub(super) fn record_answer(&self, bucket: Bucket, verdict: AlertVerdict, alerts: &[Alert]) {
        if !alerts.is_empty() {
            self.dirty_buckets.mark(bucket);
        }
        self.observer.alert_acknowledged(verdict);
    }

    /// Records the alerts that one step raised in a bucket.
    pub(super) fn record(&self, bucket: Bucket, alerts: &[Alert]) {
        if alerts.is_empty() {
            return;
        }
        self.dirty_buckets.mark(bucket);
        for alert in alerts {
            if let Some(rule) = AlertRule::from_name(&alert.rule) {
                self.observer.alert_raised(rule, alert.severity);
            }
        }
    }
}
