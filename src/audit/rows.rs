//! An event as the audit stores it, before each database converts it to its own types.
//!
//! An empty text means "not known" or "not stated" and becomes null: [`non_empty`].

use crate::domain::{
    AuditedJwt, Device, DeviceType, Event, EventId, EventKind, EventSubject, Location, RefusedCalls, Session,
    SessionId, TenantId, UnixMillis, event::RevocationScope, search::AuditEventKind,
};

/// The device and location of an event that is about no session or about an erased user.
static NO_DEVICE: Device = Device {
    id: String::new(),
    name: String::new(),
    kind: DeviceType::Unknown,
    browser: String::new(),
    os: String::new(),
    user_agent: String::new(),
    first_seen: false,
    named_by_caller: false,
};
static NO_LOCATION: Location = Location {
    ip: None,
    country: String::new(),
    region: String::new(),
    city: String::new(),
    position: None,
    asn: 0,
    network: String::new(),
};

/// A row of `session_events`.
#[derive(Debug)]
pub(super) struct SessionEventRow<'a> {
    pub event_id: EventId,
    pub at: UnixMillis,
    pub kind: &'static str,
    pub end_reason: &'static str,
    pub scope: &'static str,
    pub tenant: &'a str,
    pub user: &'a str,
    pub session_id: Option<SessionId>,
    /// The session, for the facts that do not identify a user: start, revision, policy and authentication, and nothing
    /// else.
    pub session: Option<&'a Session>,
    pub device: &'a Device,
    pub location: &'a Location,
    pub reason: &'a str,
    pub actor: &'a str,
    pub caller: &'a str,
    pub request_id: &'a str,
    pub operation_id: &'a str,
    pub changed_fields: &'a [String],
    /// The JWTs that were denied.
    pub denied_jwts: &'a [AuditedJwt],
}

impl<'a> SessionEventRow<'a> {
    pub fn from_event(event: &'a Event) -> Self {
        let row = Self {
            event_id: event.id,
            at: event.at,
            kind: event.kind.name(),
            end_reason: end_reason(event.kind),
            scope: "",
            tenant: "",
            user: "",
            session_id: None,
            session: None,
            device: &NO_DEVICE,
            location: &NO_LOCATION,
            reason: &event.cause.reason,
            actor: &event.cause.actor,
            caller: &event.cause.caller,
            request_id: &event.cause.request_id,
            operation_id: &event.cause.operation_id,
            changed_fields: &event.cause.changed_fields,
            denied_jwts: &[],
        };
        match &event.subject {
            EventSubject::Session(session) => row.with_session(session),
            EventSubject::Scope(scope) => row.with_scope(scope, event.kind),
            EventSubject::DeniedJwts { tenant, jwts } => Self { tenant: tenant.as_str(), denied_jwts: jwts, ..row },
        }
    }

    /// Returns the row of refused calls.
    pub fn from_refused_calls(refused: &'a RefusedCalls) -> Self {
        Self {
            event_id: refused.id,
            at: refused.at,
            kind: AuditEventKind::CallRefused.name(),
            end_reason: "",
            scope: "",
            tenant: refused.tenant.as_ref().map(TenantId::as_str).unwrap_or_default(),
            user: "",
            session_id: None,
            session: None,
            device: &NO_DEVICE,
            location: &refused.location,
            reason: &refused.reason,
            actor: "",
            caller: &refused.caller,
            request_id: &refused.request_id,
            operation_id: "",
            changed_fields: &[],
            denied_jwts: &[],
        }
    }

    fn with_session(self, session: &'a Session) -> Self {
        let Session { owner, record, .. } = session;
        Self {
            tenant: owner.tenant.as_str(),
            user: owner.user.as_str(),
            session_id: Some(session.id),
            session: Some(session),
            device: &record.device,
            location: &record.location,
            ..self
        }
    }

    /// Sets the scope. The column `scope` is used for revocations only.
    fn with_scope(self, scope: &'a RevocationScope, kind: EventKind) -> Self {
        let (name, tenant, user) = match scope {
            RevocationScope::User(owner) => ("user", owner.tenant.as_str(), owner.user.as_str()),
            RevocationScope::Tenant(tenant) => ("tenant", tenant.as_str(), ""),
            RevocationScope::Everyone => ("everyone", "", ""),
        };
        Self { scope: if kind == EventKind::RevokedAll { name } else { "" }, tenant, user, ..self }
    }

    /// Returns the redacted form of an event about an erased user. The session ID is removed too, as all session IDs of
    /// a user begin with the same characters.
    pub fn redacted(self) -> Self {
        Self {
            user: "",
            session_id: None,
            device: &NO_DEVICE,
            location: &NO_LOCATION,
            reason: "",
            actor: "",
            request_id: "",
            operation_id: "",
            ..self
        }
    }
}

/// A row of `login_events`: the event, and the session as it was created.
#[derive(Debug)]
pub(super) struct LoginEventRow<'r, 'a> {
    pub event: &'r SessionEventRow<'a>,
    pub session: &'a Session,
}

impl<'r, 'a> LoginEventRow<'r, 'a> {
    /// Returns a row for the creation of a session, and `None` for any other event.
    pub fn from_session_event(event: &'r SessionEventRow<'a>) -> Option<Self> {
        let session = event.session?;
        (event.kind == EventKind::Created.name()).then_some(Self { event, session })
    }
}

/// Returns the reason why a session ended; empty for other events.
pub(super) const fn end_reason(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Ended(reason) => reason.name(),
        EventKind::Created
        | EventKind::Updated
        | EventKind::Rotated
        | EventKind::RevokedAll
        | EventKind::UserForgotten
        | EventKind::TokensDenied => "",
    }
}

/// Returns the texts of denied JWTs, or `None`, for null, if there are none.
pub(super) fn denied_tokens(jwts: &[AuditedJwt]) -> Option<Vec<String>> {
    (!jwts.is_empty()).then(|| jwts.iter().map(AuditedJwt::to_string).collect())
}

/// Returns `None`, for null, if nothing is known or stated.
pub(super) fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Returns the number, or `None`, for null, if it is not known: a record has zero then.
pub(super) fn asn(location: &Location) -> Option<i64> {
    (location.asn != 0).then(|| location.asn.into())
}
