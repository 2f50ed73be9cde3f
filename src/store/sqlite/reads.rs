//! Reads: one session, the list of a user's sessions, and the user state.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{
    findings, remembered,
    transaction::EngineError,
    users::{self, UserEntry},
};
use crate::{
    domain::{Owner, Record, Session, SessionId, UnixMillis, UserHandle},
    store::{
        LoadOutcome, LoadedSession, StoreError, Touch, UserState,
        findings::decode_history_or_default,
        record::{self, Generation},
        rules::liveness::SessionHead,
    },
};

/// Loads a session or its tombstone. As there is one connection, every acknowledged change is visible, and no write
/// comes between these reads.
pub(super) async fn load(connection: &mut SqliteConnection, id: SessionId) -> Result<LoadOutcome, EngineError> {
    let Some((session, generation)) = load_session(connection, id).await? else {
        let tombstone = remembered::load_tombstone(connection, id).await?;
        return Ok(tombstone.map_or(LoadOutcome::NotFound, LoadOutcome::Ended));
    };
    let mass_revoked = remembered::latest_mass_revocation(connection, &session.owner.tenant)
        .await?
        .filter(|mass| mass.applies_to(generation))
        .map(|mass| (mass.at, mass.cause));
    Ok(LoadOutcome::Found(Box::new(LoadedSession { session, mass_revoked })))
}

/// The owner, the record, the clock, and the client that was seen last.
type StoredSessionRow = (Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>);

/// Returns a stored session and the generation in which it was created.
pub(super) async fn load_session(
    connection: &mut SqliteConnection,
    id: SessionId,
) -> Result<Option<(Session, Generation)>, EngineError> {
    let row: Option<StoredSessionRow> = sqlx::query_as(
        "SELECT users.owner, sessions.record, sessions.clock, last_seen.client
         FROM sessions
         JOIN users USING (handle)
         LEFT JOIN last_seen USING (handle, unique_id)
         WHERE handle = ?1 AND unique_id = ?2",
    )
    .bind(&id.handle.0[..])
    .bind(&id.unique[..])
    .fetch_optional(connection)
    .await?;
    let Some((owner, record, clock, last_seen)) = row else { return Ok(None) };
    let owner = users::decode_owner(&owner)?;
    let (mut record, generation) = record::decode(&record)?;
    record.last_seen = record::decode_last_seen(&last_seen.unwrap_or_default());
    let (clock, _) = record::decode_clock(&clock)?;
    Ok(Some((Session { id, owner, record, clock }, generation)))
}

/// Lists the live sessions of a user, most recently active first. Sessions whose time is up are ended in the same step.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    touches: &[Touch],
    now: UnixMillis,
) -> Result<Vec<Session>, EngineError> {
    let user = UserEntry::find_or_new(connection, handle, owner).await?;
    let sessions = user.partition_sessions(connection, touches, now).await?;
    users::update_touched_clocks(connection, handle, &sessions.live).await?;
    if !user.end(connection, sessions.ended, now).await?.is_empty() {
        user.update_or_remove(connection, &sessions.live).await?;
    }
    load_sessions(connection, &user, sessions.live).await
}

/// Lists the live sessions without writing. Ended sessions are left out, and `touches` are included.
pub(super) async fn list_read_only(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    touches: &[Touch],
    now: UnixMillis,
) -> Result<Vec<Session>, EngineError> {
    let user = UserEntry::find_or_new(connection, handle, owner).await?;
    let sessions = user.partition_sessions(connection, touches, now).await?;
    load_sessions(connection, &user, sessions.live).await
}

/// Returns `live` with their records, most recently active first. `live` is ordered the other way.
async fn load_sessions(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    live: Vec<SessionHead>,
) -> Result<Vec<Session>, EngineError> {
    let mut records: HashMap<_, _> = users::load_records(connection, user.handle).await?.into_iter().collect();
    let mut clients = users::load_last_seen(connection, user.handle).await?;
    let mut listed = Vec::with_capacity(live.len());
    for head in live.into_iter().rev() {
        let record = records
            .remove(&head.unique)
            .ok_or_else(|| StoreError::corrupt("listing sessions", "a session has no record"))?;
        let (mut record, _) = record::decode(&record)?;
        record.last_seen = clients.remove(&head.unique).as_deref().and_then(record::decode_last_seen);
        listed.push(build_session(user, &head, record));
    }
    Ok(listed)
}

/// Loads the login history and the live sessions of a user. Changes nothing.
pub(super) async fn load_user_state(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<UserState, EngineError> {
    let user = UserEntry::find_or_new(connection, handle, owner).await?;
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let records: HashMap<_, _> = users::load_records(connection, handle).await?.into_iter().collect();
    let (version, history) = findings::load_history(connection, handle).await?;
    let read = |head: SessionHead| {
        let bytes = records.get(&head.unique).map(Vec::as_slice).unwrap_or_default();
        let session = record::decode(bytes).map(|(record, _)| build_session(&user, &head, record));
        session.inspect_err(|error: &StoreError| tracing::warn!(%error, "failed to decode a live session")).ok()
    };
    let live = sessions.live.into_iter().rev().filter_map(read).collect();
    Ok(UserState { version, history: decode_history_or_default(&history), live_sessions: live })
}

fn build_session(user: &UserEntry, head: &SessionHead, record: Record) -> Session {
    Session { id: user.session_id(head), owner: user.owner.clone(), record, clock: head.clock }
}
