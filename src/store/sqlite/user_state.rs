//! Loading of the state of a user.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{engine_error::EngineError, histories, session_rows, user::UserEntry};
use crate::{
    domain::{Owner, Session, UnixMillis, UserHandle},
    store::{StoreError, UserState, findings::decode_history_or_default, record, rules::liveness::SessionHead},
};

/// Loads the login history and the live sessions of a user. Changes nothing.
pub(super) async fn load_user_state(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<UserState, EngineError> {
    let user = UserEntry::find_or_new(connection, handle, owner).await?;
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let records: HashMap<_, _> = session_rows::load_records(connection, handle).await?.into_iter().collect();
    let (version, history) = histories::load(connection, handle).await?;
    let read = |head: SessionHead| {
        let bytes = records.get(&head.unique).map(Vec::as_slice).unwrap_or_default();
        let session = record::decode(bytes).map(|(record, _)| build_session(&user, &head, record));
        session.inspect_err(|error: &StoreError| tracing::warn!(%error, "failed to decode a live session")).ok()
    };
    let live = sessions.live.into_iter().rev().filter_map(read).collect();
    Ok(UserState { version, history: decode_history_or_default(&history), live_sessions: live })
}

fn build_session(user: &UserEntry, head: &SessionHead, record: crate::domain::Record) -> Session {
    Session { id: user.session_id(head), owner: user.owner.clone(), record, clock: head.clock }
}
