//! The state of a session that was read from the store.

use super::activity::SessionActivity;
use crate::{
    domain::{Cause, EndReason, FormerClient, Liveness, SecretHash, Session, TenantId, TenantScope, UnixMillis},
    store::{LoadOutcome, LoadedSession},
};

/// The state of a session for a caller.
pub(super) enum LoadedSessionState {
    /// The session is active. Its clock includes the activity that this node knows of.
    Live(Box<Session>),
    /// The session has ended. Only the holder of the token with this secret may learn why.
    Ended { secret: SecretHash, reason: EndReason, at: UnixMillis, cause: Cause },
    /// The session does not exist, is no longer remembered, or is of a tenant that the caller may not reach.
    Missing,
}

/// Returns the tenant and the last client of a session that has ended. `None` if nothing is known about it, or if a mass
/// revocation ended it: then clients are expected to use it once more.
pub(super) fn former_session(loaded: LoadOutcome) -> Option<(TenantId, FormerClient)> {
    match loaded {
        LoadOutcome::Found(found) if found.mass_revoked.is_none() => {
            let Session { owner, record, .. } = found.session;
            let location = record.last_seen.as_ref().map_or(&record.location, |seen| &seen.location);
            Some((owner.tenant, FormerClient::new(owner.user, location)))
        }
        LoadOutcome::Ended(tombstone) => Some((tombstone.tenant, *tombstone.former_client?)),
        LoadOutcome::Found(_) | LoadOutcome::NotFound => None,
    }
}

/// Returns the state of a session as of `now`.
pub(super) fn session_state(
    loaded: LoadOutcome,
    tenants: &TenantScope,
    activity: &SessionActivity,
    now: UnixMillis,
) -> LoadedSessionState {
    match loaded {
        LoadOutcome::Found(found) if tenants.allows(found.session.owner.tenant.as_str()) => {
            let LoadedSession { mut session, mass_revoked } = *found;
            if let Some(latest) = activity.latest(session.id) {
                session.clock.last_active = session.clock.last_active.max(latest);
            }
            let revoked_at = mass_revoked.as_ref().map(|(at, _)| *at);
            match session.clock.liveness_after_revocation(revoked_at, now) {
                Liveness::Live => LoadedSessionState::Live(Box::new(session)),
                Liveness::Ended { reason, at } => {
                    let revoked = mass_revoked.filter(|_| reason == EndReason::RevokedAll);
                    let cause = revoked.map_or_else(|| Cause::from_service("timeout"), |(_, cause)| cause);
                    LoadedSessionState::Ended { secret: session.record.secret, reason, at, cause }
                }
            }
        }
        LoadOutcome::Ended(tombstone) if tenants.allows(tombstone.tenant.as_str()) => LoadedSessionState::Ended {
            secret: tombstone.secret,
            reason: tombstone.reason,
            at: tombstone.at,
            cause: tombstone.cause,
        },
        LoadOutcome::Found(_) | LoadOutcome::Ended(_) | LoadOutcome::NotFound => LoadedSessionState::Missing,
    }
}
