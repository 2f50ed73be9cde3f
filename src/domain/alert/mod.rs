//! Findings about logins and sessions.

mod detail;
mod email;
mod group;
mod observation;

use std::fmt;

use super::{
    event::EventId,
    id::{SessionId, TenantId, UserId},
    time::UnixMillis,
};

pub use detail::{AlertEvidence, NoveltyEvidence, NoveltyKind, ReplayEvidence, TravelEvidence, VolumeEvidence};
pub use email::NotificationEmail;
pub use group::AlertGroupPosition;
pub use observation::ClientObservation;

/// One finding of one rule, with the evidence for it. Holds no token and no hash of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: AlertId,
    pub tenant: TenantId,
    /// Such as `NEW_COUNTRY`. What is stored may come from a release that knows more rules.
    pub rule: String,
    /// Raised whenever the same facts may lead to another finding.
    pub rule_version: u32,
    pub severity: Severity,
    /// When what was found happened.
    pub event_time: UnixMillis,
    /// When it was found.
    pub detected_time: UnixMillis,
    /// `None`: not about one user.
    pub user: Option<UserId>,
    /// The address that the session was created with, for a message to the user.
    pub email: NotificationEmail,
    /// `None`: not about one session.
    pub session: Option<SessionId>,
    /// Empty: not about one device, or unknown.
    pub device_id: String,
    pub current: ClientObservation,
    /// What it was compared with.
    pub previous: Option<ClientObservation>,
    pub action_taken: AlertAction,
    pub action_recommended: AlertAction,
    /// The installation observes only: `action_taken` would be `action_recommended` otherwise.
    pub audit_only: bool,
    pub detail: Option<AlertEvidence>,
    /// For administrators and analysts.
    pub reason_admin: String,
    /// For the user concerned; empty when the user need not be told.
    pub reason_user: String,
    /// MITRE ATT&CK technique ids.
    pub mitre_techniques: Vec<String>,
    /// Equal for findings about the same matter, of which only the first within a while is an alert.
    pub dedup_key: String,
    /// Findings that it stands for: itself, and those with its key that raised none since the last one.
    pub dedup_count: u64,
    /// The event that it was found in.
    pub event: Option<EventId>,
    /// `None`: not raised yet, or by a release that did not group alerts.
    pub group: Option<AlertGroupPosition>,
}

impl Alert {
    /// Names the alerts of one login; empty where the alert is not about a session.
    #[must_use]
    pub fn group_id(&self) -> String {
        self.session.map(|session| format!("{session}-{}", self.event_time.get())).unwrap_or_default()
    }
}

/// Stays the same however often an alert is delivered: derived from what was found, in the form of an
/// [`EventId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub [u8; 16]);

impl AlertId {
    /// A rule finds one thing about one event.
    #[must_use]
    pub fn new(rule: &str, event: EventId) -> Self {
        Self(EventId::from_parts(&[b"alert", &event.0, rule.as_bytes()]).0)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        EventId(self.0).fmt(f)
    }
}

/// How bad it is if true, in the order and with the numbers of OCSF's `severity_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info = 1,
    Low = 2,
    Medium = 3,
    High = 4,
    Critical = 5,
}

impl Severity {
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The inverse of `as u8`; `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| *severity as u32 == code)
    }
}

/// What is done about a finding, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertAction {
    None = 1,
    Notify = 2,
    Throttle = 3,
    StepUp = 4,
    Deny = 5,
    RevokeSession = 6,
    RevokeUser = 7,
}

impl AlertAction {
    pub const ALL: [Self; 7] =
        [Self::None, Self::Notify, Self::Throttle, Self::StepUp, Self::Deny, Self::RevokeSession, Self::RevokeUser];

    /// The inverse of `as u32`; `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|action| *action as u32 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EventKind, UserHandle};

    #[test]
    fn an_alert_has_one_id_for_each_rule_and_event() {
        let session = SessionId { handle: UserHandle([1; 12]), unique: [2; 8] };
        let event = EventId::from_session(EventKind::Created, session, 1);
        assert_eq!(AlertId::new("NEW_COUNTRY", event), AlertId::new("NEW_COUNTRY", event));
        assert_ne!(AlertId::new("NEW_COUNTRY", event), AlertId::new("NEW_DEVICE", event));
        assert_eq!(AlertId::new("NEW_COUNTRY", event).to_string().len(), 36);
    }

    #[test]
    fn codes_read_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_code(severity as u32), Some(severity));
        }
        for action in AlertAction::ALL {
            assert_eq!(AlertAction::from_code(action as u32), Some(action));
        }
        assert_eq!(Severity::from_code(0), None);
        assert_eq!(AlertAction::from_code(8), None);
    }
}
