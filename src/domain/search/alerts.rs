use super::{TenantFilter, TimeRange};
use crate::domain::{
    alert::{Alert, AlertId, AlertVerdict, Severity},
    id::UserId,
    time::UnixMillis,
};

/// The state of an alert: answered or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    Open,
    Answered,
}

/// A filter of alerts. An alert matches if every given criterion holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSearch {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    /// The rules that match; empty for any rule.
    pub rules: Vec<String>,
    pub min_severity: Option<Severity>,
    /// The window of the times of the events.
    pub occurred: TimeRange,
    pub state: Option<AlertState>,
}

/// The position of an alert in a list, latest event first. Alerts of the same time are listed by ID, greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertListPosition {
    pub event_time: UnixMillis,
    pub id: AlertId,
}

/// An alert in the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedAlert {
    pub alert: Alert,
    pub answer: Option<GivenAnswer>,
}

/// The latest answer to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    pub verdict: AlertVerdict,
    pub at: UnixMillis,
    /// On whose behalf the caller answered; empty if it was not stated.
    pub actor: String,
}

impl ListedAlert {
    #[must_use]
    pub const fn position(&self) -> AlertListPosition {
        AlertListPosition { event_time: self.alert.event_time, id: self.alert.id }
    }
}
