//! Revocation of one session, or of the sessions on one device.

use sqlx::SqliteConnection;

use super::{end::end, engine_error::EngineError, findings, histories, session_rows, user::UserEntry};
use crate::{
    domain::{LoginHistory, SecretHash, SessionEnding, history::CompromisedSession},
    store::{
        RevocationTarget, SessionRevocation, record,
        rules::liveness::{EndingDetails, SessionHead},
    },
};

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
            let ending = EndingDetails { reason, at: now, cause: cause.clone() };
            chosen.push((session, ending));
        } else {
            remaining.push(session);
        }
    }
    if is_compromised {
        remove_compromised_history(connection, &user, chosen.iter().map(|(session, _)| session)).await?;
    }
    let over = end(connection, &user, sessions.ended, now).await?;
    let ended = end(connection, &user, chosen, now).await?;
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
        if let Ok((record, _)) = record::decode(&session_rows::load_record(connection, id).await?) {
            compromised.push(CompromisedSession::new(id, record.created_at, session.clock.device));
        }
    }
    if compromised.is_empty() {
        return Ok(());
    }
    let clean = |history| compromised.iter().fold(history, LoginHistory::without_compromised);
    histories::change(connection, user.handle, clean).await?;
    findings::reset_dedup(connection, user.handle).await
}

/// Returns whether the session has the expected secret, or `true` if none is expected.
async fn has_secret(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    session: &SessionHead,
    expected: Option<SecretHash>,
) -> Result<bool, EngineError> {
    let Some(expected) = expected else { return Ok(true) };
    let (record, _) = record::decode(&session_rows::load_record(connection, user.session_id(session)).await?)?;
    Ok(record.secret == expected)
}
