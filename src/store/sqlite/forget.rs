//! Erasure of a user.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    engine_error::EngineError,
    floors, outbox, session_rows,
    user::UserEntry,
};
use crate::{
    domain::{EndReason, EventKind, UnixMillis, event::RevocationScope},
    store::{UserErasure, UserErasureOutcome, record, rules::liveness::EndingDetails},
};

/// Statements that delete the stored data of a user, except sessions and the floor.
const DELETE_USER_DATA: [&str; 5] = [
    "DELETE FROM tombstones WHERE handle = ?1",
    "DELETE FROM requests WHERE handle = ?1",
    "DELETE FROM operations WHERE handle = ?1",
    "DELETE FROM histories WHERE handle = ?1",
    "DELETE FROM matters WHERE handle = ?1",
];

/// Returns the start of the user's latest session. A clock that was ahead may have put it after now.
async fn latest_start(connection: &mut SqliteConnection, user: &UserEntry) -> Result<UnixMillis, EngineError> {
    let records = session_rows::load_records(connection, user.handle).await?;
    let starts = records.iter().filter_map(|(_, bytes)| Some(record::decode(bytes).ok()?.0.created_at));
    Ok(starts.max().unwrap_or_default())
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
    end(connection, &user, sessions.ended, now).await?;
    let ending = EndingDetails { reason: EndReason::RevokedAll, at: now, cause: cause.clone() };
    let ended = end_all(connection, &user, sessions.live.into_iter().rev(), &ending).await?;
    user.update_or_remove(connection, &[]).await?;

    floors::raise(connection, handle, at).await?;
    for statement in DELETE_USER_DATA {
        sqlx::query(statement).bind(&handle.0[..]).execute(&mut *connection).await?;
    }
    let entry =
        outbox::new_scope_entry(EventKind::UserForgotten, event, &RevocationScope::Tenant(owner.tenant), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(UserErasureOutcome { at, session_ids: ended.into_iter().map(|ended| ended.session_id).collect() })
}
