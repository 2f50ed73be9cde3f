//! Settings of sessions that do not depend on the policy.

use std::time::Duration;

use crate::domain::limits;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionsConfig {
    /// Maximum age of an authentication that Create accepts.
    pub max_authentication_age: Duration,
    /// Interval at which activity is written.
    pub flush_interval: Duration,
    /// Maximum number of sessions with buffered activity.
    pub max_pending_touches: usize,
    pub sweep_interval: Duration,
    /// Number of users in one step of the sweep.
    pub sweep_batch: usize,
    /// Burst of mass revocations of one caller and scope.
    pub mass_revocation_burst: u32,
    /// Maximum difference between this node's clock and the store's.
    pub max_clock_skew: Duration,
}

impl SessionsConfig {
    /// Reads the section. The idle margin ([`crate::domain::Policy::idle_margin`]) covers the upper bounds of
    /// `flush_interval` and `max_clock_skew`.
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        Self {
            max_authentication_age: r
                .get_in_range("sessions.max_authentication_age", secs(60)..=limits::MAX_AUTHENTICATION_AGE),
            flush_interval: r.get_in_range("sessions.flush_interval", millis(100)..=secs(2)),
            max_pending_touches: r.get_in_range("sessions.max_pending_touches", 100..=10_000_000),
            sweep_interval: r.get_in_range("sessions.sweep_interval", secs(1)..=secs(600)),
            sweep_batch: r.get_in_range("sessions.sweep_batch", 1..=1_000),
            mass_revocation_burst: r.get_in_range("sessions.mass_revocation_burst", 1..=1_000),
            max_clock_skew: r.get_in_range("sessions.max_clock_skew", millis(100)..=secs(2)),
        }
    }
}
