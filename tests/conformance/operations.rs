//! Operations on sessions with the usual arguments, which a case may change.

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{EndReason, EventId, Record, Session, SessionId, UnixMillis};
use session_authority::store::{
    AccessGuard, MassRevocation, RevocationTarget, SessionRevocation, SessionUpdate, UserErasure, UserRevocation,
};

use super::users::{TestUser, cause};

/// Ends one session, without a guard.
pub fn revoke(session_id: SessionId, now: UnixMillis) -> SessionRevocation {
    let target = RevocationTarget::Session(session_id);
    SessionRevocation {
        now,
        target,
        guard: AccessGuard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: cause("signed out"),
    }
}

/// Ends every session of `user`. The event has the number of the operation as its ID.
pub fn revoke_all(user: &TestUser, now: UnixMillis, operation: u8) -> UserRevocation {
    UserRevocation {
        now,
        owner: user.owner.clone(),
        handle: user.handle,
        except: None,
        operation: [operation; 16],
        is_compromised: false,
        event: EventId([operation; 16]),
        cause: cause("all out"),
    }
}

/// Erases `user`. The event has `number` as its ID.
pub fn forget(user: &TestUser, now: UnixMillis, number: u8) -> UserErasure {
    UserErasure {
        now,
        owner: user.owner.clone(),
        handle: user.handle,
        event: EventId([number; 16]),
        cause: cause("forgotten"),
    }
}

/// Gives `session` another e-mail address and the next revision, conditional on the current one.
pub fn rename(session: &Session, now: UnixMillis) -> SessionUpdate {
    let expected_revision = session.record.revision;
    let record = Record {
        revision: expected_revision + 1,
        email: format!("{expected_revision}@example.org"),
        ..session.record.clone()
    };
    let session = Session { record, ..session.clone() };
    SessionUpdate { now, session, expected_revision, new_token: None, cause: cause("renamed") }
}

/// Ends every session in `scope`. The event and the cause have the number of the operation.
pub fn revoke_mass(scope: RevocationScope, now: UnixMillis, operation: u8) -> MassRevocation {
    MassRevocation {
        now,
        scope,
        operation: [operation; 16],
        event: EventId([operation; 16]),
        cause: cause(&format!("incident {operation}")),
    }
}
