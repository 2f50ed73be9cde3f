//! Findings about logins and sessions.

mod acknowledgement;
mod contact;
mod detail;
mod email;
mod group;
mod id;
mod link;
mod observation;

use super::{
    event::{EventId, EventKind},
    id::{SessionId, TenantId, UserId},
    time::UnixMillis,
};

pub use acknowledgement::{AcknowledgedAlert, AlertAcknowledgement, AlertVerdict};
pub use contact::NotificationContact;
pub use detail::{AlertEvidence, NoveltyEvidence, NoveltyKind, ReplayEvidence, TravelEvidence, VolumeEvidence};
pub use email::NotificationEmail;
pub use group::AlertGroupPosition;
pub use id::AlertId;
pub use link::{AlertLink, AlertLinkError, AlertLinkKey};
pub use observation::ClientObservation;

/// A finding of a rule, with its evidence. It contains no token and no hash of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: AlertId,
    pub tenant: TenantId,
    /// The name of the rule, such as `NEW_COUNTRY`. A stored alert may come from a release that has more rules.
    pub rule: String,
    /// The version of the rule, incremented whenever the same facts may lead to another finding.
    pub rule_version: u32,
    pub severity: Severity,
    /// The time of the event that the finding is about.
    pub event_time: UnixMillis,
    /// The time of the detection.
    pub detected_time: UnixMillis,
    /// `None` if the finding is not about one user.
    pub user: Option<UserId>,
    /// The address with which the session was created, for a message to the user.
    pub email: NotificationEmail,
    /// The address and the language that were stated for notifications. Only the notification has them.
    pub contact: NotificationContact,
    /// `None` if the finding is not about one session.
    pub session: Option<SessionId>,
    /// Empty if the finding is not about one device, or the device is unknown.
    pub device_id: String,
    pub current: ClientObservation,
    /// The observation with which `current` was compared.
    pub previous: Option<ClientObservation>,
    pub action_taken: AlertAction,
    pub action_recommended: AlertAction,
    /// True if the installation only observes. Otherwise `action_taken` would be `action_recommended`.
    pub audit_only: bool,
    pub detail: Option<AlertEvidence>,
    /// The reason, for administrators and analysts.
    pub reason_admin: String,
    /// The reason, for the user concerned; empty if the user need not be notified.
    pub reason_user: String,
    /// MITRE ATT&CK technique IDs.
    pub mitre_techniques: Vec<String>,
    /// Equal for findings about the same subject. Only the first of them within the dedup window is an alert.
    pub dedup_key: String,
    /// The number of findings that the alert stands for: itself, and those with its key that raised no alert since the
    /// last one.
    pub dedup_count: u64,
    /// The event in which it was found.
    pub event: Option<EventId>,
    /// `None` if the alert is not raised yet, or comes from a release that did not group alerts.
    pub group: Option<AlertGroupPosition>,
    /// Set if another alert was answered, and this one says so.
    pub acknowledgement: Option<AlertAcknowledgement>,
}

impl Alert {
    /// Returns whether the alert, or the one whose answer it states, is about the sign-in that created its session.
    #[must_use]
    pub fn is_about_sign_in(&self) -> bool {
        let first = self.acknowledgement.as_ref().map_or(self.id, |answered| answered.alert);
        let sign_in = |session| EventId::from_session(EventKind::Created, session, 0);
        self.session.is_some_and(|session| AlertId::new(&self.rule, sign_in(session)) == first)
    }

    /// Returns the common name of the alerts of one login. It is empty if the alert is not about a session.
    #[must_use]
    pub fn group_id(&self) -> String {
        self.session.map(|session| format!("{session}-{}", self.event_time.get())).unwrap_or_default()
    }
}

impl AlertId {
    /// Returns the ID of the alert that `rule` raises about `event`. A rule finds at most one thing about an event.
    #[must_use]
    pub fn new(rule: &str, event: EventId) -> Self {
        Self(EventId::from_parts(&[b"alert", &event.0, rule.as_bytes()]).0)
    }
}

/// The severity of a finding, if it is true, in the order and with the numbers of OCSF's `severity_id`.
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

    /// The inverse of `as u32`. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| *severity as u32 == code)
    }
}

/// The response to a finding, from none to the strongest.
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

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Notify => "notify",
            Self::Throttle => "throttle",
            Self::StepUp => "step_up",
            Self::Deny => "deny",
            Self::RevokeSession => "revoke_session",
            Self::RevokeUser => "revoke_user",
        }
    }

    /// The inverse of `as u32`. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|action| *action as u32 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserHandle;

    #[test]
    fn an_alert_has_one_id_for_each_rule_and_event() {
        let session = SessionId { handle: UserHandle([1; 12]), unique: [2; 8] };
        let event = EventId::from_session(EventKind::Created, session, 1);
        assert_eq!(AlertId::new("NEW_COUNTRY", event), AlertId::new("NEW_COUNTRY", event));
        assert_ne!(AlertId::new("NEW_COUNTRY", event), AlertId::new("NEW_DEVICE", event));
        let id = AlertId::new("NEW_COUNTRY", event);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        for text in ["", "0", &"-".repeat(36), &id.to_string().replace('-', ""), &format!("{id}0")] {
            assert!(text.parse::<AlertId>().is_err(), "{text}");
        }
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
