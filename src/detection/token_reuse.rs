//! A token that was presented after it had been rotated out.
//!
//! It is no rule about logins, and it cannot be turned off: the session has ended, and its user must learn why.

use data_encoding::HEXLOWER;

use crate::domain::{
    Alert, EndReason, EventId, EventKind, Session, UnixMillis,
    alert::{AlertAction, AlertEvidence, AlertId, ClientObservation, NotificationEmail, ReplayEvidence, Severity},
    limits::truncate_text,
};

/// The name of the alert.
pub(super) const NAME: &str = "ROTATED_TOKEN_REUSE";
const VERSION: u32 = 1;
/// Steal Web Session Cookie, and Use Alternate Authentication Material: Web Session Cookie.
/// <https://attack.mitre.org/techniques/T1539/>
const TECHNIQUES: [&str; 2] = ["T1539", "T1550.004"];
/// Maximum bytes of a device's name in an alert text.
const NAME_BYTES: usize = 128;

/// The presentation of a token that had been rotated out.
#[derive(Clone, Debug)]
pub struct ReusedToken<'a> {
    pub session: &'a Session,
    /// The client that presented the token, as far as its caller stated it.
    pub presented_by: ClientObservation,
    /// The caller that received the token.
    pub caller: &'a str,
    pub now: UnixMillis,
}

/// Returns the alert that the presentation raises. Its `current` is the client that presented the token, its `previous`
/// the one that signed in.
#[must_use]
pub fn token_reuse_alert(reused: ReusedToken<'_>) -> Alert {
    let ReusedToken { session, presented_by, caller, now } = reused;
    let record = &session.record;
    let event = EventId::from_session(EventKind::Ended(EndReason::TokenReused), session.id, record.revision);
    let replaced_at = record.rotation.as_ref().map_or(record.created_at, |rotation| rotation.at);
    let on_device = match truncate_text(&record.device.name, NAME_BYTES).as_str() {
        "" => String::new(),
        name => format!(" on {name}"),
    };
    Alert {
        id: AlertId::new(NAME, event),
        tenant: session.owner.tenant.clone(),
        rule: NAME.to_owned(),
        rule_version: VERSION,
        severity: Severity::Critical,
        event_time: now,
        detected_time: now,
        user: Some(session.owner.user.clone()),
        email: NotificationEmail(record.email.clone()),
        contact: record.contact.clone(),
        session: Some(session.id),
        device_id: record.device.id.clone(),
        current: presented_by,
        previous: Some(ClientObservation::from_login(record)),
        action_taken: AlertAction::RevokeSession,
        action_recommended: AlertAction::RevokeSession,
        audit_only: false,
        detail: Some(AlertEvidence::Replay(ReplayEvidence {
            reason: EndReason::TokenReused,
            invalid_since: replaced_at,
            presented_at: now,
            presented_count: 1,
        })),
        reason_admin: format!(
            "A token that had been rotated was presented to {}; the session was ended, because the user cannot be \
             distinguished from a thief.",
            if caller.is_empty() { "a caller without a key" } else { caller }
        ),
        reason_user: format!("Your session{on_device} was ended because somebody may have copied it"),
        mitre_techniques: TECHNIQUES.map(str::to_owned).to_vec(),
        dedup_key: format!("{NAME}:{}:{}", HEXLOWER.encode(&session.id.handle.0), session.id),
        dedup_count: 1,
        event: Some(event),
        group: None,
        acknowledgement: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::session_in,
        domain::{Location, Rotation, RotationRules, SecretHash},
    };

    #[test]
    fn it_names_both_clients_and_what_was_done() {
        let mut session = session_in("DE");
        let rotated_at = session.record.created_at.plus(std::time::Duration::from_hours(1));
        let rules = RotationRules::default();
        session.record.rotation = Some(Rotation::after(None, SecretHash([1; 32]), rotated_at, &rules));
        let now = rotated_at.plus(std::time::Duration::from_mins(1));
        let location = Location { country: "BR".to_owned(), ..Location::default() };
        let presented_by = ClientObservation { location, device: None, at: now };
        let alert = token_reuse_alert(ReusedToken { session: &session, presented_by, caller: "gateway", now });
        assert_eq!((alert.severity, alert.action_taken), (Severity::Critical, AlertAction::RevokeSession));
        assert_eq!(alert.current.location.country, "BR");
        assert_eq!(alert.previous, Some(ClientObservation::from_login(&session.record)));
        assert!(alert.reason_admin.contains("gateway"), "{}", alert.reason_admin);
        let Some(AlertEvidence::Replay(replay)) = alert.detail else { panic!("no evidence") };
        assert_eq!((replay.invalid_since, replay.presented_at), (rotated_at, now));
    }
}
