//! Revocation of all sessions of a user.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    engine_error::EngineError,
    findings, floors, histories, operations, outbox,
    user::UserEntry,
};
use crate::{
    domain::{EndReason, EventKind, LoginHistory, event::RevocationScope},
    store::{RevokedSessions, UserRevocation, rules::liveness::EndingDetails},
};

/// Revokes all sessions of a user, except one if given. Returns them, most recently active first.
pub(super) async fn revoke_all(
    connection: &mut SqliteConnection,
    revocation: UserRevocation,
) -> Result<RevokedSessions, EngineError> {
    let UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause } = revocation;
    let user = UserEntry::find_or_new(connection, handle, &owner).await?;
    if let Some(session_ids) = operations::find(connection, handle, operation, now).await? {
        return Ok(RevokedSessions { session_ids });
    }
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let (remaining, leaving): (Vec<_>, Vec<_>) =
        sessions.live.into_iter().partition(|session| except == Some(user.session_id(session)));

    if is_compromised {
        histories::change(connection, handle, LoginHistory::without_unconfirmed).await?;
        findings::reset_dedup(connection, handle).await?;
    }
    end(connection, &user, sessions.ended, now).await?;
    let ending = EndingDetails { reason: EndReason::RevokedAll, at: now, cause: cause.clone() };
    let ended = end_all(connection, &user, leaving.into_iter().rev(), &ending).await?;
    user.update_or_remove(connection, &remaining).await?;
    let session_ids: Vec<_> = ended.into_iter().map(|ended| ended.session_id).collect();

    floors::raise(connection, handle, now).await?;
    operations::put(connection, handle, operation, &session_ids, now).await?;
    let entry = outbox::new_scope_entry(EventKind::RevokedAll, event, &RevocationScope::User(owner), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(RevokedSessions { session_ids })
}
