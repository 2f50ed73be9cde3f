//! Events for tests.

use std::time::Duration;

use crate::domain::{
    Cause, Event, EventId, EventKind, EventSubject, Owner, Record, Session, SessionClock, SessionId, UnixMillis,
    UserHandle, event::RevocationScope,
};

pub(super) fn session(user: &str, unique: u8) -> Session {
    Session {
        id: SessionId { handle: UserHandle([7; 12]), unique: [unique; 8] },
        owner: Owner::new("acme", user).expect("an owner"),
        record: Record::sample(),
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
