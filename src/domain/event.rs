//! Audit events, which the stores record with every change and the audit keeps.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{
    alert::AcknowledgedAlert,
    auth_event::AuthEventKind,
    auth_failure::AuthFailure,
    cause::Cause,
    denylist::AuditedJwt,
    ending::EndReason,
    id::{Owner, SessionId, TenantId},
    session::{Record, Session},
    time::UnixMillis,
};

/// The ID of an event: 16 bytes derived from the event, so that an event recorded twice is recognised as one. It is
/// shown as a UUID (version 8, RFC 9562 §5.8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// Returns the ID of an event of a session. A session begins once, ends once, and has each revision once.
    #[must_use]
    pub fn from_session(kind: EventKind, session: SessionId, revision: u32) -> Self {
        let revision = match kind {
            EventKind::Updated | EventKind::Rotated => revision,
            EventKind::Created
            | EventKind::Ended(_)
            | EventKind::RevokedAll
            | EventKind::UserForgotten
            | EventKind::TokensDenied
            | EventKind::AuthFailed(_)
            | EventKind::AlertAcknowledged => 0,
        };
        Self::from_parts(&[kind.name().as_bytes(), &session.to_bytes(), &revision.to_be_bytes()])
    }

    /// Returns the ID of a mass revocation, which is one event, however many buckets and retries take part in it.
    /// `operation` identifies the revocation, including its time if an operation ID may be used again.
    #[must_use]
    pub fn from_operation(scope: &RevocationScope, operation: &str) -> Self {
        Self::from_parts(&[b"operation", &scope.to_bytes(), &[0], operation.as_bytes()])
    }

    /// Returns the ID of one execution of an operation. The same operation at another time is another event.
    #[must_use]
    pub fn from_execution(scope: &RevocationScope, operation: &[u8; 16], at: UnixMillis) -> Self {
        Self::from_parts(&[b"execution", &at.get().to_be_bytes(), operation, &scope.to_bytes()])
    }

    /// Returns the ID of an erasure. It is derived from random bytes, because it must not reveal who was erased.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        Self::from_parts(&[b"forgetting", &random])
    }

    /// Returns the ID of the event of refused calls, which nothing else identifies.
    #[must_use]
    pub fn from_refusal(random: [u8; 16]) -> Self {
        Self::from_parts(&[b"refused calls", &random])
    }

    /// Returns the ID of one call that denies JWTs, from random bytes: the same JWTs may be denied again for longer.
    #[must_use]
    pub fn from_denial(random: [u8; 16]) -> Self {
        Self::from_parts(&[b"denial", &random])
    }

    /// Returns the ID of a report of a failure. It is derived from random bytes, because each report counts.
    #[must_use]
    pub fn from_report(random: [u8; 16]) -> Self {
        Self::from_parts(&[b"report", &random])
    }

    /// Returns the ID of a change of a webhook, from random bytes: each change counts.
    #[must_use]
    pub fn from_webhook_change(random: [u8; 16]) -> Self {
        Self::from_parts(&[b"webhook", &random])
    }

    /// Returns the ID of an answer to an alert. An alert gets each answer once.
    #[must_use]
    pub fn from_acknowledgement(acknowledged: AcknowledgedAlert) -> Self {
        Self::from_parts(&[b"acknowledgement", &acknowledged.alert.0, &[acknowledged.verdict.code()]])
    }

    /// Returns the ID of the event that the concatenated `parts` describe. They must show where each of them ends.
    #[must_use]
    pub(crate) fn from_parts(parts: &[&[u8]]) -> Self {
        let digest = parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id[6] = (id[6] & 0x0f) | 0x80;
        id[8] = (id[8] & 0x3f) | 0x80;
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = data_encoding::HEXLOWER.encode(&self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    Created,
    Updated,
    Rotated,
    Ended(EndReason),
    /// The sessions of a user, a tenant or everyone were revoked. The ends of the single sessions are separate events.
    RevokedAll,
    /// A user was erased. The scope of the event is the tenant. The ends of the user's sessions are separate events.
    UserForgotten,
    /// JWTs of a tenant were denied.
    TokensDenied,
    /// A failed authentication was reported.
    AuthFailed(AuthEventKind),
    /// An alert was answered: it was the user, or somebody else.
    AlertAcknowledged,
}

impl EventKind {
    /// Returns the name used in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Rotated => "rotated",
            Self::Ended(_) => "ended",
            Self::RevokedAll => "revoked_all",
            Self::UserForgotten => "user_forgotten",
            Self::TokensDenied => "tokens_denied",
            Self::AuthFailed(_) => "auth_failed",
            Self::AlertAcknowledged => "alert_acknowledged",
        }
    }
}

/// The users whose sessions a `RevokeAll` ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationScope {
    User(Owner),
    Tenant(TenantId),
    Everyone,
}

impl RevocationScope {
    /// Returns an encoding that differs for different scopes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::User(owner) => [b"u", owner.to_bytes().as_slice()].concat(),
            Self::Tenant(tenant) => [b"t", tenant.as_str().as_bytes()].concat(),
            Self::Everyone => b"*".to_vec(),
        }
    }

    /// The inverse of [`RevocationScope::to_bytes`]. Returns `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'u', owner) => Owner::from_bytes(owner).map(Self::User),
            (b't', tenant) if !tenant.is_empty() => {
                std::str::from_utf8(tenant).ok().and_then(|tenant| TenantId::new(tenant).ok()).map(Self::Tenant)
            }
            (b'*', []) => Some(Self::Everyone),
            _ => None,
        }
    }
}

/// The subject of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum EventSubject {
    /// The session, as it was at the event.
    Session(Box<Session>),
    Scope(RevocationScope),
    /// The JWTs of a tenant that one call denied, or whose denial it extended.
    DeniedJwts {
        tenant: TenantId,
        jwts: Vec<AuditedJwt>,
    },
    AuthFailure(Box<AuthFailure>),
    /// The answer to an alert about a user.
    Acknowledgement {
        owner: Owner,
        /// `None` if the alert is not about one session.
        session: Option<SessionId>,
        acknowledged: AcknowledgedAlert,
    },
}

/// An audit event, as the outbox delivers it to the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub kind: EventKind,
    /// The time at which it took effect.
    pub at: UnixMillis,
    pub subject: EventSubject,
    pub cause: Cause,
}

impl Event {
    /// Returns the record of the session that the event is about, if it is about one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match &self.subject {
            EventSubject::Session(session) => Some(&session.record),
            EventSubject::Scope(_)
            | EventSubject::DeniedJwts { .. }
            | EventSubject::AuthFailure(_)
            | EventSubject::Acknowledgement { .. } => None,
        }
    }

    /// Returns the user that the event is about, if it is about one.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        match &self.subject {
            EventSubject::Session(session) => Some(&session.owner),
            EventSubject::Scope(RevocationScope::User(owner)) | EventSubject::Acknowledgement { owner, .. } => {
                Some(owner)
            }
            EventSubject::AuthFailure(failure) => Some(&failure.owner),
            EventSubject::Scope(RevocationScope::Tenant(_) | RevocationScope::Everyone)
            | EventSubject::DeniedJwts { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserHandle;

    #[test]
    fn an_ending_has_one_id_whatever_its_reason() {
        let session = SessionId { handle: UserHandle([1; 12]), unique: [2; 8] };
        let ended = |reason| EventId::from_session(EventKind::Ended(reason), session, 3);
        assert_eq!(ended(EndReason::Revoked), ended(EndReason::Expired));
        assert_ne!(ended(EndReason::Revoked), EventId::from_session(EventKind::Created, session, 1));
        let updated = |revision| EventId::from_session(EventKind::Updated, session, revision);
        assert_ne!(updated(1), updated(2));
    }

    #[test]
    fn prints_as_a_uuid_of_version_8() {
        let text = EventId::from_operation(&RevocationScope::Everyone, "op").to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "8");
    }

    #[test]
    fn scopes_read_back() {
        let owner = Owner::new("acme", "ann").expect("owner");
        let tenant = owner.tenant.clone();
        for scope in [RevocationScope::User(owner), RevocationScope::Tenant(tenant), RevocationScope::Everyone] {
            assert_eq!(RevocationScope::from_bytes(&scope.to_bytes()), Some(scope));
        }
        assert_eq!(RevocationScope::from_bytes(b"t"), None);
    }
}
