//! Tests of SQLite-specific behaviour, and one test of each operation. `tests/conformance` has the rest.

mod clock_fence;
mod engine_errors;
mod file;
mod operations;
mod prune;
mod sweep;

use std::time::Duration;

use super::SqliteSessionStore;
use crate::{
    domain::{
        Bucket, Cause, Device, EndReason, EventId, InstallationSecret, LimitAction, Owner, Record, SecretHash, Session,
        SessionClock, SessionId, UnixMillis, UserHandle, event::RevocationScope,
    },
    store::{
        AccessGuard, CreateOutcome, MassRevocation, Outbox, RevocationTarget, SessionCreation, SessionRevocation,
        SessionStore, StoreClock, StoreHealth, UserRevocation,
    },
};

const HOUR: Duration = Duration::from_hours(1);
const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

async fn in_memory() -> SqliteSessionStore {
    SqliteSessionStore::open("sqlite::memory:").await.expect("open")
}

fn owner(user: &str) -> Owner {
    Owner::new("acme", user).expect("owner")
}

fn handle(owner: &Owner) -> UserHandle {
    InstallationSecret::new(&[7; 32]).user_handle(owner)
}

fn bucket() -> Bucket {
    handle(&owner("ann")).bucket()
}

/// Returns the session `unique` of ann: valid for a day, idle after an hour, on its own device.
fn session(unique: u8) -> Session {
    let owner = owner("ann");
    let device = Device { id: unique.to_string(), name: format!("phone {unique}"), ..Device::default() };
    Session {
        id: SessionId { handle: handle(&owner), unique: [unique; 8] },
        owner,
        clock: SessionClock {
            last_active: NOW,
            idle_timeout: HOUR,
            idle_margin: Duration::ZERO,
            expires_at: NOW.plus(24 * HOUR),
            device: device.tag(),
        },
        record: Record {
            secret: SecretHash([unique; 32]),
            device,
            created_at: NOW,
            authenticated_at: NOW,
            ..Record::sample()
        },
    }
}

/// Returns a session of a user who shares ann's bucket.
fn neighbour(number: u8) -> Session {
    let mut session = session(number);
    session.id.handle.0[1..].fill(number);
    session.owner = owner(&format!("neighbour {number}"));
    session
}

fn creation(session: Session) -> SessionCreation {
    SessionCreation {
        now: NOW,
        session,
        limit: 3,
        on_limit: LimitAction::EvictLeastRecent,
        authenticated_at: Some(NOW),
        request: None,
        touches: vec![],
        findings: Vec::new(),
        history: None,
        cause: Cause::from_service("login"),
    }
}

async fn created(store: &SqliteSessionStore, unique: u8) -> Session {
    match store.create(creation(session(unique))).await.expect("create") {
        CreateOutcome::Created { session, .. } => *session,
        other => panic!("not created: {other:?}"),
    }
}

fn revocation(id: SessionId, now: UnixMillis) -> SessionRevocation {
    let target = RevocationTarget::Session(id);
    SessionRevocation {
        now,
        target,
        guard: AccessGuard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: Cause::from_service("logout"),
    }
}

fn user_revocation(operation: u8, now: UnixMillis) -> UserRevocation {
    let owner = owner("ann");
    UserRevocation {
        now,
        handle: handle(&owner),
        owner,
        except: None,
        operation: [operation; 16],
        is_compromised: false,
        event: EventId([operation; 16]),
        cause: Cause::from_service("stolen laptop"),
    }
}

fn mass_revocation(operation: u8, scope: RevocationScope) -> MassRevocation {
    let (operation, event) = ([operation; 16], EventId([operation; 16]));
    MassRevocation { now: NOW, scope, operation, event, cause: Cause::default() }
}

async fn rows(store: &SqliteSessionStore, count: &'static str) -> i64 {
    sqlx::query_scalar(count).fetch_one(&store.pool).await.expect("count")
}
