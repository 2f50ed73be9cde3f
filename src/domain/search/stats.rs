//! Statistics of sessions.

use std::time::Duration;

use super::TenantFilter;
use crate::domain::{
    alert::Severity, auth_event::AuthEventKind, device::DeviceType, ending::EndReason, id::UserId, time::UnixMillis,
};

/// The maximum number of countries, and of browsers, that are listed.
pub const MAX_LISTED_NAMES: usize = 50;

/// The quantiles of session durations.
pub const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// The least severity of the alerts that are also counted separately.
pub const SEVERE: Severity = Severity::High;

/// A query for statistics: the sessions, the window and its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsQuery {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    /// The start of the window, included.
    pub start: UnixMillis,
    /// The end of the window, not included; after `start`.
    pub end: UnixMillis,
    /// The step of the series, not zero. The last step ends with the window.
    pub step: Duration,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionStats {
    /// Sessions that are active at the time of the query, independent of the window.
    pub active_sessions: u64,
    /// Users with an active session.
    pub active_users: u64,
    /// Logins in the window. The fields below also refer to the window.
    pub logins: u64,
    pub endings: u64,
    pub failed_logins: u64,
    /// Events of refused calls, each of which may stand for many.
    pub refused_call_events: u64,
    /// Calls that denied JWTs.
    pub token_denials: u64,
    /// The points of the series, one per step, oldest first.
    pub series: Vec<StatsPoint>,
    /// The first [`MAX_LISTED_NAMES`] countries. Every list has the largest number first, and equal numbers by name. An
    /// empty name stands for unknown.
    pub logins_by_country: Vec<(String, u64)>,
    pub logins_by_device_type: Vec<(DeviceType, u64)>,
    /// The first [`MAX_LISTED_NAMES`] browsers. An empty name stands for unknown.
    pub logins_by_browser: Vec<(String, u64)>,
    /// For each of [`QUANTILES`], the shortest duration that this share of the ended sessions does not exceed. Empty if
    /// none ended.
    pub durations: Vec<(f64, Duration)>,
    pub endings_by_reason: Vec<(EndReason, u64)>,
    pub failed_logins_by_kind: Vec<(AuthEventKind, u64)>,
    /// Alerts about events in the window. One that was raised again with an answer does not count again.
    pub alerts: u64,
    /// The most severe first.
    pub alerts_by_severity: Vec<(Severity, u64)>,
    /// The first [`MAX_LISTED_NAMES`] rules.
    pub alerts_by_rule: Vec<(String, u64)>,
}

impl SessionStats {
    /// Adds alerts of one step that have a severity, which may be one that this release does not know.
    pub fn add_alerts(&mut self, step: usize, severity: u32, count: u64) {
        let severity = Severity::from_code(severity);
        self.alerts += count;
        if let Some(point) = self.series.get_mut(step) {
            point.alerts += count;
            point.severe_alerts += if severity >= Some(SEVERE) { count } else { 0 };
        }
        if let Some(severity) = severity {
            let place = self.alerts_by_severity.partition_point(|(other, _)| *other > severity);
            match self.alerts_by_severity.get_mut(place) {
                Some((known, total)) if *known == severity => *total += count,
                _ => self.alerts_by_severity.insert(place, (severity, count)),
            }
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatsPoint {
    pub start: UnixMillis,
    /// Sessions that were active at the start of the step.
    pub active_sessions: u64,
    pub logins: u64,
    pub endings: u64,
    pub failed_logins: u64,
    pub alerts: u64,
    /// Alerts with severity [`SEVERE`] or above.
    pub severe_alerts: u64,
}
