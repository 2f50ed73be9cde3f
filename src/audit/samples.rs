//! Events for tests.

use std::time::Duration;

use crate::domain::{
    Cause, Device, DeviceType, Event, EventId, EventKind, EventSubject, Location, Owner, Record, SecretHash, Session,
    SessionClock, SessionData, SessionId, UnixMillis, UserHandle, event::RevocationScope,
};

pub(super) fn session(user: &str, unique: u8) -> Session {
    Session {
        id: SessionId { handle: UserHandle([7; 12]), unique: [unique; 8] },
        owner: Owner::new("acme", user).expect("an owner"),
        record: Record {
            revision: 1,
            secret: SecretHash([9; 32]),
            email: "ann@example.com".into(),
            roles: vec!["admin".into()],
            data: SessionData::default(),
            device: Device {
                id: "phone-1".into(),
                name: "Safari on iPhone".into(),
                kind: DeviceType::Mobile,
                browser: "Safari".into(),
                os: "iOS".into(),
                user_agent: "Mozilla/5.0".into(),
                first_seen: true,
                named_by_caller: true,
            },
            location: Location {
                ip: Some("2001:db8::1".parse().expect("an address")),
                country: "BR".into(),
                city: "São Paulo".into(),
                asn: 64_500,
                ..Location::default()
            },
            created_at: UnixMillis::new(1_700_000_000_123),
            authenticated_at: UnixMillis::new(1_700_000_000_000),
            remembered: true,
            auth_methods: vec!["pwd".into(), "otp".into()],
            assurance_level: 2,
            policy: "default".into(),
        },
        clock: SessionClock {
            last_active: UnixMillis::new(1_700_000_000_123),
            idle_timeout: Duration::from_hours(4),
            idle_margin: Duration::ZERO,
            expires_at: UnixMillis::new(1_702_592_000_123),
            device: [0; 8],
        },
    }
}

pub(super) fn event(kind: EventKind, session: &Session, at: u64) -> Event {
    Event {
        id: EventId::from_session(kind, session.id, session.record.revision),
        kind,
        at: UnixMillis::new(at),
        subject: EventSubject::Session(Box::new(session.clone())),
        cause: Cause { actor: "admin:eve".into(), caller: "login".into(), ..Cause::default() },
    }
}

pub(super) fn revoked_all(scope: RevocationScope, operation: &str, at: u64) -> Event {
    Event {
        id: EventId::from_operation(&scope, operation),
        kind: EventKind::RevokedAll,
        at: UnixMillis::new(at),
        subject: EventSubject::Scope(scope),
        cause: Cause::default(),
    }
}
