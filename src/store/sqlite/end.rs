//! End of a session: its event, its tombstone, its removal.

use sqlx::SqliteConnection;

use super::{engine_error::EngineError, outbox, session_rows, tombstones, user::UserEntry};
use crate::{
    domain::{EventKind, SecretHash, SessionEnding, UnixMillis},
    store::{
        Tombstone, record,
        rules::liveness::{EndingDetails, SessionHead},
    },
};

/// Ends each of `sessions` as given. A record that cannot be decoded does not keep its session alive: the event carries
/// it unchanged, and the returned ending has no device name.
pub(super) async fn end(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
    now: UnixMillis,
) -> Result<Vec<SessionEnding>, EngineError> {
    end_each(connection, user, sessions, now, true).await
}

/// Ends each of `sessions` as given, without an event: the event of the mass revocation covers them.
pub(super) async fn end_without_event(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
    now: UnixMillis,
) -> Result<Vec<SessionEnding>, EngineError> {
    end_each(connection, user, sessions, now, false).await
}

async fn end_each(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
    now: UnixMillis,
    appends_events: bool,
) -> Result<Vec<SessionEnding>, EngineError> {
    let mut ended = Vec::new();
    for (session, ending) in sessions {
        ended.push(end_one(connection, user, &session, ending, now, appends_events).await?);
    }
    if !ended.is_empty() {
        tombstones::trim(connection, user.handle).await?;
    }
    Ok(ended)
}

/// Ends all of `sessions` with the same ending.
pub(super) async fn end_all(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    sessions: impl IntoIterator<Item = SessionHead>,
    ending: &EndingDetails,
) -> Result<Vec<SessionEnding>, EngineError> {
    let endings = sessions.into_iter().map(|session| (session, ending.clone()));
    end(connection, user, endings, ending.at).await
}

async fn end_one(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    session: &SessionHead,
    ending: EndingDetails,
    now: UnixMillis,
    appends_event: bool,
) -> Result<SessionEnding, EngineError> {
    let id = user.session_id(session);
    let EndingDetails { reason, at, cause } = ending;
    let stored = session_rows::remove(connection, id).await?;
    let (secret, device_name) = match record::decode(&stored) {
        Ok((record, _)) => (record.secret, record.device.name),
        Err(_) => (SecretHash([0; 32]), String::new()),
    };
    if appends_event {
        let entry = outbox::new_session_entry(EventKind::Ended(reason), user, session, stored, at, &cause);
        outbox::append(connection, user.handle.bucket(), &entry).await?;
    }
    let tombstone = Tombstone { tenant: user.owner.tenant.clone(), reason, at, secret, cause };
    tombstones::put(connection, id, &tombstone, now).await?;
    Ok(SessionEnding { session_id: id, reason, at, device_name })
}
