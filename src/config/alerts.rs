//! How alerts are kept and handed out.

use std::time::Duration;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertsConfig {
    /// Alerts that the stream keeps, at most.
    pub retention_count: u64,
    /// How long it keeps them, at most.
    pub retention: Duration,
    pub heartbeat_interval: Duration,
    /// Alerts that a subscriber may be behind its node. At least two pages of what is read of the stream at a
    /// time, which come at once.
    pub subscriber_buffer: usize,
    /// Of one node.
    pub max_subscribers: usize,
}

impl AlertsConfig {
    /// The contract promises a heartbeat at least every 15 seconds.
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        Self {
            retention_count: r.get_in_range("alerts.keep_count", 1_000..=100_000_000),
            retention: r.get_in_range("alerts.keep_for", secs(3600)..=secs(365 * 86_400)),
            heartbeat_interval: r.get_in_range("alerts.heartbeat_interval", millis(100)..=secs(15)),
            subscriber_buffer: r.get_in_range("alerts.buffer", 200..=1_000_000),
            max_subscribers: r.get_in_range("alerts.max_subscribers", 1..=100_000),
        }
    }
}
