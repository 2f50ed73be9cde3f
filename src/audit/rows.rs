//! What the audit keeps of an event, before each database puts it in its own types.
//!
//! An empty text stands for "not known" or "not stated" and becomes null.

use std::net::IpAddr;

use crate::domain::{
    Cause, DeviceType, Event, EventId, EventKind, Session, SessionId, Subject, UnixMillis, event::Scope,
};

/// A row of `session_events`.
#[derive(Debug)]
pub(super) struct SessionRow<'a> {
    pub event_id: EventId,
    pub at: UnixMillis,
    pub kind: &'static str,
    pub end_reason: &'static str,
    pub scope: &'static str,
    pub tenant: &'a str,
    pub user: &'a str,
    pub session_id: Option<SessionId>,
    pub revision: Option<u32>,
    pub policy: &'a str,
    pub device_name: &'a str,
    pub ip: Option<IpAddr>,
    pub country: &'a str,
    pub city: &'a str,
    pub cause: &'a Cause,
}

impl<'a> SessionRow<'a> {
    pub fn of(event: &'a Event) -> Self {
        let row = Self {
            event_id: event.id,
            at: event.at,
            kind: event.kind.family(),
            end_reason: match event.kind {
                EventKind::Ended(reason) => reason.name(),
                EventKind::Created | EventKind::Updated | EventKind::Rotated | EventKind::RevokedAll => "",
            },
            scope: "",
            tenant: "",
            user: "",
            session_id: None,
            revision: None,
            policy: "",
            device_name: "",
            ip: None,
            country: "",
            city: "",
            cause: &event.cause,
        };
        match &event.subject {
            Subject::Session(session) => row.about_session(session),
            Subject::Scope(scope) => row.about_scope(scope),
        }
    }

    fn about_session(self, session: &'a Session) -> Self {
        let Session { id, owner, record, .. } = session;
        Self {
            tenant: owner.tenant.as_str(),
            user: owner.user.as_str(),
            session_id: Some(*id),
            revision: Some(record.revision),
            policy: &record.policy,
            device_name: &record.device.name,
            ip: record.location.ip,
            country: &record.location.country,
            city: &record.location.city,
            ..self
        }
    }

    fn about_scope(self, scope: &'a Scope) -> Self {
        match scope {
            Scope::User(owner) => {
                Self { scope: "user", tenant: owner.tenant.as_str(), user: owner.user.as_str(), ..self }
            }
            Scope::Tenant(tenant) => Self { scope: "tenant", tenant: tenant.as_str(), ..self },
            Scope::Everyone => Self { scope: "everyone", ..self },
        }
    }
}

/// A row of `login_events`: the session as it was made, and the event that tells of it.
#[derive(Debug)]
pub(super) struct LoginRow<'a> {
    pub event: &'a Event,
    pub session: &'a Session,
}

impl<'a> LoginRow<'a> {
    /// `None` for everything but a session that was made.
    pub fn of(event: &'a Event) -> Option<Self> {
        match (event.kind, &event.subject) {
            (EventKind::Created, Subject::Session(session)) => Some(Self { event, session }),
            _ => None,
        }
    }

    pub fn device_type(&self) -> &'static str {
        match self.session.record.device.kind {
            DeviceType::Unknown => "",
            DeviceType::Mobile => "mobile",
            DeviceType::Tablet => "tablet",
            DeviceType::Desktop => "desktop",
            DeviceType::Other => "other",
        }
    }

    /// Null when the number is not known, which a record holds as zero.
    pub fn asn(&self) -> Option<i64> {
        match self.session.record.location.asn {
            0 => None,
            asn => Some(asn.into()),
        }
    }
}
