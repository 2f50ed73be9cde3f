//! Counts over many sessions.

use std::time::Duration;

use super::TenantFilter;
use crate::domain::{auth_event::AuthEventKind, device::DeviceType, ending::EndReason, id::UserId, time::UnixMillis};

/// Names that are listed of countries and browsers.
pub const MAX_LISTED_NAMES: usize = 50;

/// The quantiles of how long sessions last.
pub const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// What is counted, and in what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsQuery {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    /// Included.
    pub start: UnixMillis,
    /// Not included; after `start`.
    pub end: UnixMillis,
    /// Of the series, not zero; the last step ends with the window.
    pub step: Duration,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionStats {
    /// Sessions that live when it is asked, whatever the window.
    pub active_sessions: u64,
    /// Users who have one.
    pub active_users: u64,
    /// In the window, like everything that follows.
    pub logins: u64,
    pub endings: u64,
    pub failed_logins: u64,
    /// One for each step, oldest first.
    pub series: Vec<StatsPoint>,
    /// Most first, of equals the lesser name first, like every list; the first [`MAX_LISTED_NAMES`]. Empty name: unknown.
    pub logins_by_country: Vec<(String, u64)>,
    pub logins_by_device_type: Vec<(DeviceType, u64)>,
    /// The first [`MAX_LISTED_NAMES`]. Empty name: unknown.
    pub logins_by_browser: Vec<(String, u64)>,
    /// Of the sessions that ended, for each of [`QUANTILES`] the shortest duration that so large a share does not
    /// exceed. Empty: none ended.
    pub durations: Vec<(f64, Duration)>,
    pub endings_by_reason: Vec<(EndReason, u64)>,
    pub failed_logins_by_kind: Vec<(AuthEventKind, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatsPoint {
    pub start: UnixMillis,
    /// Sessions that lived at its start.
    pub active_sessions: u64,
    pub logins: u64,
    pub endings: u64,
    pub failed_logins: u64,
}
