//! How alerts are kept and handed out.

use std::time::Duration;

use super::{
    reader::Reader,
    span::{millis, secs},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Alerts that the stream keeps, at most.
    pub keep_count: u64,
    /// How long it keeps them, at most.
    pub keep_for: Duration,
    pub heartbeat_interval: Duration,
    /// Alerts that a subscriber may be behind its node. At least two pages of what is read of the stream at a
    /// time, which come at once.
    pub buffer: usize,
    /// Of one node.
    pub max_subscribers: usize,
}

impl Alerts {
    /// The contract promises a heartbeat at least every 15 seconds.
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            keep_count: r.within("alerts.keep_count", 1_000..=100_000_000),
            keep_for: r.within("alerts.keep_for", secs(3600)..=secs(365 * 86_400)),
            heartbeat_interval: r.within("alerts.heartbeat_interval", millis(100)..=secs(15)),
            buffer: r.within("alerts.buffer", 200..=1_000_000),
            max_subscribers: r.within("alerts.max_subscribers", 1..=100_000),
        }
    }
}
