//! How sessions are tended, whatever their policy.

use std::time::Duration;

use crate::domain::limits;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionsConfig {
    /// The oldest authentication that Create accepts.
    pub max_authentication_age: Duration,
    /// How often activity is written.
    pub flush_interval: Duration,
    /// Sessions whose activity may wait.
    pub max_pending_touches: usize,
    pub sweep_interval: Duration,
    /// Users that one step of the sweep looks at.
    pub sweep_batch: usize,
    /// Mass revocations of one caller and scope at once.
    pub mass_revocation_burst: u32,
    /// Between this node's clock and the store's.
    pub max_clock_skew: Duration,
}

impl SessionsConfig {
    /// The bounds of `flush_interval` and `max_clock_skew` are what the margin on idle timeouts
    /// covers ([`crate::domain::Policy::idle_margin`]).
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        Self {
            max_authentication_age: r
                .get_in_range("sessions.max_authentication_age", secs(60)..=limits::MAX_AUTHENTICATION_AGE),
            flush_interval: r.get_in_range("sessions.flush_interval", millis(100)..=secs(2)),
            max_pending_touches: r.get_in_range("sessions.max_pending_touches", 100..=10_000_000),
            sweep_interval: r.get_in_range("sessions.sweep_interval", secs(1)..=secs(600)),
            sweep_batch: r.get_in_range("sessions.sweep_batch", 1..=10_000),
            mass_revocation_burst: r.get_in_range("sessions.mass_revocation_burst", 1..=1_000),
            max_clock_skew: r.get_in_range("sessions.max_clock_skew", millis(100)..=secs(2)),
        }
    }
}
