//! Listing of the live sessions of a user.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{end::end, engine_error::EngineError, session_rows, user::UserEntry};
use crate::{
    domain::{Owner, Session, UnixMillis, UserHandle},
    store::{StoreError, Touch, record, rules::liveness::SessionHead},
};

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
    session_rows::update_touched_clocks(connection, handle, &sessions.live).await?;
    if !end(connection, &user, sessions.ended, now).await?.is_empty() {
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
    let mut records: HashMap<_, _> = session_rows::load_records(connection, user.handle).await?.into_iter().collect();
    let mut listed = Vec::with_capacity(live.len());
    for head in live.into_iter().rev() {
        let record = records
            .remove(&head.unique)
            .ok_or_else(|| StoreError::corrupt("listing sessions", "a session has no record"))?;
        let (record, _) = record::decode(&record)?;
        let (id, owner) = (user.session_id(&head), user.owner.clone());
        listed.push(Session { id, owner, record, clock: head.clock });
    }
    Ok(listed)
}
