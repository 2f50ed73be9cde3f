//! Revocations: of one session or device, of all sessions of a user, of a tenant or of everyone; and erasure of a user.

use sqlx::SqliteConnection;

use super::{
    findings, outbox, remembered, sweep,
    transaction::EngineError,
    users::{self, UserEntry},
};
use crate::{
    domain::{
        Bucket, EndReason, EventKind, LoginHistory, SecretHash, SessionEnding, UnixMillis, event::RevocationScope,
        history::CompromisedSession,
    },
    store::{
        MassRevocation, RevocationTarget, RevokedSessions, SessionRevocation, UserErasure, UserErasureOutcome,
        UserRevocation, record,
        rules::liveness::{EndingDetails, SessionHead},
    },
};

/// The bucket of the single event of a mass revocation. The file has one generation counter for all buckets.
const MASS_REVOCATION_BUCKET: Bucket = Bucket(0);

/// Revokes the target. Returns the sessions that this call revoked; sessions whose time is up are ended too, but not
/// returned.
pub(super) async fn revoke(
    connection: &mut SqliteConnection,
    revocation: SessionRevocation,
) -> Result<Vec<SessionEnding>, EngineError> {
    let SessionRevocation { now, target, guard, is_compromised, reason, cause } = revocation;
    let handle = match target {
        RevocationTarget::Session(id) => id.handle,
        RevocationTarget::Device { handle, .. } => handle,
    };
    let Some(user) = UserEntry::find(connection, handle).await?.filter(|user| guard.admits(&user.owner)) else {
        return Ok(Vec::new());
    };
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let (mut chosen, mut remaining) = (Vec::new(), Vec::new());
    for session in sessions.live {
        let named = match target {
            RevocationTarget::Session(id) => session.unique == id.unique,
            RevocationTarget::Device { device, .. } => session.clock.device == device,
        };
        if named && has_secret(connection, &user, &session, guard.secret).await? {
            let ending = EndingDetails { reason, at: now, cause: cause.clone(), is_mass_revocation: false };
            chosen.push((session, ending));
        } else {
            remaining.push(session);
        }
    }
    if is_compromised {
        remove_compromised_history(connection, &user, chosen.iter().map(|(session, _)| session)).await?;
    }
    let over = user.end(connection, sessions.ended, now).await?;
    let ended = user.end(connection, chosen, now).await?;
    if !over.is_empty() || !ended.is_empty() {
        user.update_or_remove(connection, &remaining).await?;
    }
    Ok(ended)
}

/// Removes from the user's history the facts that the sessions introduced. A session whose record cannot be decoded is
/// skipped, as the facts it introduced are unknown.
async fn remove_compromised_history(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    sessions: impl Iterator<Item = &SessionHead>,
) -> Result<(), EngineError> {
    let mut compromised = Vec::new();
    for session in sessions {
        let id = user.session_id(session);
        if let Ok((record, _)) = record::decode(&users::load_record(connection, id).await?) {
            compromised.push(CompromisedSession::new(id, record.created_at, session.clock.device));
        }
    }
    if compromised.is_empty() {
        return Ok(());
    }
    let clean = |history| compromised.iter().fold(history, LoginHistory::without_compromised);
    findings::remove_compromised(connection, user.handle, clean).await
}

/// Returns whether the session has the expected secret, or `true` if none is expected.
async fn has_secret(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    session: &SessionHead,
    expected: Option<SecretHash>,
) -> Result<bool, EngineError> {
    let Some(expected) = expected else { return Ok(true) };
    let (record, _) = record::decode(&users::load_record(connection, user.session_id(session)).await?)?;
    Ok(record.secret == expected)
}

/// Revokes all sessions of a user, except one if given. Returns them, most recently active first.
pub(super) async fn revoke_all(
    connection: &mut SqliteConnection,
    revocation: UserRevocation,
) -> Result<RevokedSessions, EngineError> {
    let UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause } = revocation;
    let user = UserEntry::find_or_new(connection, handle, &owner).await?;
    if let Some(session_ids) = remembered::find_operation(connection, handle, operation, now).await? {
        return Ok(RevokedSessions { session_ids });
    }
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let (remaining, leaving): (Vec<_>, Vec<_>) =
        sessions.live.into_iter().partition(|session| except == Some(user.session_id(session)));

    if is_compromised {
        findings::remove_compromised(connection, handle, LoginHistory::without_unconfirmed).await?;
    }
    user.end(connection, sessions.ended, now).await?;
    let ending =
        EndingDetails { reason: EndReason::RevokedAll, at: now, cause: cause.clone(), is_mass_revocation: false };
    let ended = user.end_all(connection, leaving.into_iter().rev(), &ending).await?;
    user.update_or_remove(connection, &remaining).await?;
    let session_ids: Vec<_> = ended.into_iter().map(|ended| ended.session_id).collect();

    remembered::raise_floor(connection, handle, now).await?;
    remembered::put_operation(connection, handle, operation, &session_ids, now).await?;
    let entry = outbox::new_scope_entry(EventKind::RevokedAll, event, &RevocationScope::User(owner), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(RevokedSessions { session_ids })
}

/// Erases the user. Returns the ended sessions, most recently active first.
pub(super) async fn forget_user(
    connection: &mut SqliteConnection,
    forgetting: UserErasure,
) -> Result<UserErasureOutcome, EngineError> {
    let UserErasure { now, owner, handle, event, cause } = forgetting;
    let user = UserEntry::find_or_new(connection, handle, &owner).await?;
    let at = latest_start(connection, &user).await?.max(now);
    let sessions = user.partition_sessions(connection, &[], now).await?;
    user.end(connection, sessions.ended, now).await?;
    let ending =
        EndingDetails { reason: EndReason::RevokedAll, at: now, cause: cause.clone(), is_mass_revocation: false };
    let ended = user.end_all(connection, sessions.live.into_iter().rev(), &ending).await?;
    user.update_or_remove(connection, &[]).await?;

    remembered::raise_floor(connection, handle, at).await?;
    remembered::delete_user_data(connection, handle).await?;
    findings::delete_user_data(connection, handle).await?;
    let entry =
        outbox::new_scope_entry(EventKind::UserForgotten, event, &RevocationScope::Tenant(owner.tenant), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(UserErasureOutcome { at, session_ids: ended.into_iter().map(|ended| ended.session_id).collect() })
}

/// Returns the start of the user's latest session. A clock that was ahead may have put it after now.
async fn latest_start(connection: &mut SqliteConnection, user: &UserEntry) -> Result<UnixMillis, EngineError> {
    let records = users::load_records(connection, user.handle).await?;
    let starts = records.iter().filter_map(|(_, bytes)| Some(record::decode(bytes).ok()?.0.created_at));
    Ok(starts.max().unwrap_or_default())
}

/// Raises the generation, and schedules a sweep of all users in every bucket. Does nothing if the operation is known.
pub(super) async fn revoke_mass(
    connection: &mut SqliteConnection,
    revocation: MassRevocation,
) -> Result<(), EngineError> {
    let MassRevocation { now, scope, operation, event, cause } = revocation;
    if remembered::is_known_mass_operation(connection, operation, now).await? {
        return Ok(());
    }
    remembered::put_mass_operation(connection, operation, now).await?;
    let at = remembered::raise_generation(connection, &scope, now, &cause).await?;
    sweep::start_all(connection).await?;
    let entry = outbox::new_scope_entry(EventKind::RevokedAll, event, &scope, at, &cause);
    outbox::append(connection, MASS_REVOCATION_BUCKET, &entry).await
}
