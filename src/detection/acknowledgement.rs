//! The alert that says how another alert was answered.

use crate::domain::{
    Alert, EventId, UnixMillis,
    alert::{AcknowledgedAlert, AlertAcknowledgement, AlertAction, AlertId, AlertVerdict, Severity},
};

/// Returns `alert` as it is raised again with its answer, which `actor` gave. It has an ID of its own, and is the only
/// alert of its group.
///
/// An alert that was confirmed, because somebody else had signed in, is critical: an attack has succeeded.
#[must_use]
pub fn acknowledgement_alert(alert: Alert, verdict: AlertVerdict, actor: &str, now: UnixMillis) -> Alert {
    let event = EventId::from_acknowledgement(AcknowledgedAlert { alert: alert.id, verdict });
    let (severity, action, answer) = match verdict {
        AlertVerdict::WasMe => (Severity::Info, AlertAction::None, "Acknowledged: it was the user"),
        AlertVerdict::WasNotMe { ends_all: false } if alert.session.is_none() => {
            (Severity::Critical, AlertAction::None, "Confirmed: it was not the user")
        }
        AlertVerdict::WasNotMe { ends_all: false } => {
            (Severity::Critical, AlertAction::RevokeSession, "Confirmed: it was not the user; the session was ended")
        }
        AlertVerdict::WasNotMe { ends_all: true } => {
            (Severity::Critical, AlertAction::RevokeUser, "Confirmed: it was not the user; all sessions were ended")
        }
    };
    Alert {
        id: AlertId::new(&alert.rule, event),
        severity,
        event_time: now,
        detected_time: now,
        action_taken: action,
        action_recommended: action,
        audit_only: false,
        reason_admin: format!("{answer}. {}", alert.reason_admin),
        reason_user: String::new(),
        dedup_count: 1,
        event: Some(event),
        group: None,
        acknowledgement: Some(AlertAcknowledgement { verdict, at: now, actor: actor.to_owned(), alert: alert.id }),
        ..alert
    }
}
