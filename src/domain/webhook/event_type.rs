use crate::domain::{ending::EndReason, search::AuditEventKind};

/// The type of a message, which receivers choose by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookEventType {
    SessionCreated,
    SessionUpdated,
    SessionRotated,
    /// A session ended before its time.
    SessionRevoked,
    /// A session timed out.
    SessionExpired,
    /// A mass revocation: of a user, of a tenant or of everyone.
    SessionsRevoked,
    AuthFailed,
    TokensDenied,
    CallRefused,
    UserForgotten,
    AlertAcknowledged,
    AlertRaised,
    WebhookChanged,
}

impl WebhookEventType {
    pub const ALL: [Self; 13] = [
        Self::SessionCreated,
        Self::SessionUpdated,
        Self::SessionRotated,
        Self::SessionRevoked,
        Self::SessionExpired,
        Self::SessionsRevoked,
        Self::AuthFailed,
        Self::TokensDenied,
        Self::CallRefused,
        Self::UserForgotten,
        Self::AlertAcknowledged,
        Self::AlertRaised,
        Self::WebhookChanged,
    ];

    /// The type of a message that tests an endpoint. No event has it.
    pub const TEST: &'static str = "webhook.test";

    /// Returns the name that receivers see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionCreated => "session.created",
            Self::SessionUpdated => "session.updated",
            Self::SessionRotated => "session.rotated",
            Self::SessionRevoked => "session.revoked",
            Self::SessionExpired => "session.expired",
            Self::SessionsRevoked => "sessions.revoked",
            Self::AuthFailed => "auth.failed",
            Self::TokensDenied => "tokens.denied",
            Self::CallRefused => "call.refused",
            Self::UserForgotten => "user.forgotten",
            Self::AlertAcknowledged => "alert.acknowledged",
            Self::AlertRaised => "alert.raised",
            Self::WebhookChanged => "webhook.changed",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    /// Returns the type of an event of the audit.
    #[must_use]
    pub const fn from_event(kind: AuditEventKind, end_reason: Option<EndReason>) -> Self {
        match kind {
            AuditEventKind::Created => Self::SessionCreated,
            AuditEventKind::Updated => Self::SessionUpdated,
            AuditEventKind::Rotated => Self::SessionRotated,
            AuditEventKind::Ended => match end_reason {
                Some(EndReason::IdleTimeout | EndReason::Expired) => Self::SessionExpired,
                _ => Self::SessionRevoked,
            },
            AuditEventKind::RevokedAll => Self::SessionsRevoked,
            AuditEventKind::AuthFailed => Self::AuthFailed,
            AuditEventKind::TokensDenied => Self::TokensDenied,
            AuditEventKind::CallRefused => Self::CallRefused,
            AuditEventKind::UserForgotten => Self::UserForgotten,
            AuditEventKind::AlertAcknowledged => Self::AlertAcknowledged,
            AuditEventKind::WebhookChanged => Self::WebhookChanged,
        }
    }

    /// Returns the kind of the events of this type, or `None` for alerts.
    #[must_use]
    pub const fn event_kind(self) -> Option<AuditEventKind> {
        Some(match self {
            Self::SessionCreated => AuditEventKind::Created,
            Self::SessionUpdated => AuditEventKind::Updated,
            Self::SessionRotated => AuditEventKind::Rotated,
            Self::SessionRevoked | Self::SessionExpired => AuditEventKind::Ended,
            Self::SessionsRevoked => AuditEventKind::RevokedAll,
            Self::AuthFailed => AuditEventKind::AuthFailed,
            Self::TokensDenied => AuditEventKind::TokensDenied,
            Self::CallRefused => AuditEventKind::CallRefused,
            Self::UserForgotten => AuditEventKind::UserForgotten,
            Self::AlertAcknowledged => AuditEventKind::AlertAcknowledged,
            Self::WebhookChanged => AuditEventKind::WebhookChanged,
            Self::AlertRaised => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_has_a_type_that_leads_back_to_it() {
        for kind in AuditEventKind::ALL {
            for end_reason in EndReason::ALL.map(Some).into_iter().chain([None]) {
                assert_eq!(WebhookEventType::from_event(kind, end_reason).event_kind(), Some(kind));
            }
        }
        for event_type in WebhookEventType::ALL {
            assert_eq!(WebhookEventType::from_name(event_type.name()), Some(event_type));
        }
        assert_eq!(WebhookEventType::from_name(WebhookEventType::TEST), None);
    }
}
