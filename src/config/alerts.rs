//! Settings of the alert stream and its subscribers.

use std::time::Duration;

use super::{
    durations::{millis, secs},
    notifications::read_link_url,
    reader::SettingsReader,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertsConfig {
    /// Maximum number of alerts that the stream retains.
    pub retention_count: u64,
    /// Maximum age of the alerts that the stream retains.
    pub retention: Duration,
    pub heartbeat_interval: Duration,
    /// Number of alerts that a subscriber may lag behind its node: at least two pages of the stream, because all alerts
    /// of a page arrive at once.
    pub subscriber_buffer: usize,
    /// Maximum number of subscribers of one node.
    pub max_subscribers: usize,
    /// The address of the links by which users answer, with `{token}`. Empty: notifications have no links.
    pub link_url: String,
}

impl AlertsConfig {
    /// Reads the section. The contract guarantees a heartbeat at least every 15 seconds.
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        Self {
            retention_count: r.get_in_range("alerts.retention_count", 1_000..=100_000_000),
            retention: r.get_in_range("alerts.retention", secs(3600)..=secs(365 * 86_400)),
            heartbeat_interval: r.get_in_range("alerts.heartbeat_interval", millis(100)..=secs(15)),
            subscriber_buffer: r.get_in_range("alerts.subscriber_buffer", 200..=1_000_000),
            max_subscribers: r.get_in_range("alerts.max_subscribers", 1..=100_000),
            link_url: read_link_url(r),
        }
    }
}
