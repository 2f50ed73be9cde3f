//! How sessions are tended, whatever their policy.

use std::time::Duration;

use crate::domain::limits;

use super::{
    reader::Reader,
    span::{millis, secs},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
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

impl Sessions {
    /// The bounds of `flush_interval` and `max_clock_skew` are what the margin on idle timeouts
    /// covers ([`crate::domain::Policy::idle_margin`]).
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            max_authentication_age: r.within("sessions.max_authentication_age", secs(60)..=limits::AUTHENTICATION_AGE),
            flush_interval: r.within("sessions.flush_interval", millis(100)..=secs(2)),
            max_pending_touches: r.within("sessions.max_pending_touches", 100..=10_000_000),
            sweep_interval: r.within("sessions.sweep_interval", secs(1)..=secs(600)),
            sweep_batch: r.within("sessions.sweep_batch", 1..=10_000),
            mass_revocation_burst: r.within("sessions.mass_revocation_burst", 1..=1_000),
            max_clock_skew: r.within("sessions.max_clock_skew", millis(100)..=secs(2)),
        }
    }
}
