//! Sessions for these tests.

use std::time::Duration;

use session_authority::{
    domain::{
        Cause, Device, LimitAction, Location, Owner, Record, Session, SessionClock, SessionId, UnixMillis, UserHandle,
    },
    store::SessionCreation,
};
use sha2::{Digest, Sha256};

pub const NOW: UnixMillis = UnixMillis::new(1_700_000_000_123);

/// Returns a login of `user`, of the tenant `acme`, as its session `number`.
pub fn login(user: &str, number: u64) -> SessionCreation {
    let owner = Owner::new("acme", user).expect("an owner");
    let id = SessionId { handle: handle(&owner), unique: number.to_be_bytes() };
    let now = NOW.plus(Duration::from_millis(number));
    SessionCreation {
        now,
        session: Session { id, owner, record: record(now), clock: clock(now) },
        limit: 5,
        on_limit: LimitAction::EvictLeastRecent,
        authenticated_at: Some(now),
        request: None,
        touches: Vec::new(),
        findings: Vec::new(),
        history: None,
        cause: Cause {
            reason: String::new(),
            actor: "user".to_owned(),
            caller: "login".to_owned(),
            request_id: format!("login {number}"),
            ..Cause::default()
        },
    }
}

pub fn handle(owner: &Owner) -> UserHandle {
    let mut handle = [0; UserHandle::BYTES];
    handle.copy_from_slice(&Sha256::digest(owner.to_bytes())[..UserHandle::BYTES]);
    UserHandle(handle)
}

fn record(now: UnixMillis) -> Record {
    Record {
        roles: vec!["reader".to_owned()],
        device: Device { id: "phone".to_owned(), named_by_caller: false, ..Record::sample().device },
        location: Location {
            ip: Some("192.0.2.7".parse().expect("an address")),
            country: "BR".to_owned(),
            asn: 64_500,
            ..Location::default()
        },
        created_at: now,
        authenticated_at: now.minus(Duration::from_secs(1)),
        remembered: false,
        ..Record::sample()
    }
}

fn clock(now: UnixMillis) -> SessionClock {
    SessionClock {
        last_active: now,
        idle_timeout: Duration::from_hours(4),
        idle_margin: Duration::ZERO,
        expires_at: now.plus(Duration::from_hours(24)),
        device: [1; 8],
    }
}
