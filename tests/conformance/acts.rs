//! What is done to sessions, with the usual arguments; a case that wants others changes them.

use session_authority::domain::event::Scope;
use session_authority::domain::{EndReason, EventId, Record, Session, SessionId, UnixMillis};
use session_authority::store::{
    Guard, MassRevocation, Revocation, RevokeTarget, Update, UserForgetting, UserRevocation,
};

use super::people::{User, cause};

/// Ends one session, whoever asks.
pub fn revoke(session_id: SessionId, now: UnixMillis) -> Revocation {
    let target = RevokeTarget::Session(session_id);
    Revocation {
        now,
        target,
        guard: Guard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: cause("signed out"),
    }
}

/// Ends every session of `user`; the event has the number of the operation as its id.
pub fn revoke_all(user: &User, now: UnixMillis, operation: u8) -> UserRevocation {
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

/// Forgets `user`; the event has `number` as its id.
pub fn forget(user: &User, now: UnixMillis, number: u8) -> UserForgetting {
    UserForgetting {
        now,
        owner: user.owner.clone(),
        handle: user.handle,
        event: EventId([number; 16]),
        cause: cause("forgotten"),
    }
}

/// Gives `session` another e-mail address and its next revision, expecting the one it has.
pub fn rename(session: &Session, now: UnixMillis) -> Update {
    let expected_revision = session.record.revision;
    let record = Record {
        revision: expected_revision + 1,
        email: format!("{expected_revision}@example.org"),
        ..session.record.clone()
    };
    let session = Session { record, ..session.clone() };
    Update { now, session, expected_revision, cause: cause("renamed") }
}

/// Ends every session in `scope`; the event and the cause have the number of the operation.
pub fn revoke_mass(scope: Scope, now: UnixMillis, operation: u8) -> MassRevocation {
    MassRevocation {
        now,
        scope,
        operation: [operation; 16],
        event: EventId([operation; 16]),
        cause: cause(&format!("incident {operation}")),
    }
}
