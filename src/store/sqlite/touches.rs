//! Activity of sessions: its write, and its deferral while the disk is full.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sqlx::SqliteConnection;

use super::{transaction::EngineError, users};
use crate::{
    domain::{SessionId, UnixMillis, UserHandle},
    store::{SeenClient, Touch, record::encode_last_seen},
};

/// Moves the last activity of sessions forward. Returns the stored last activity of each, or `None` for a session that
/// does not exist or had timed out by then.
///
/// The due time of the user does not change: activity only delays it, and a sweep recomputes it.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    touches: &[Touch],
) -> Result<Vec<Option<UnixMillis>>, EngineError> {
    let mut stored = Vec::with_capacity(touches.len());
    for Touch { session_id, at } in touches {
        let mut head = users::load_head(connection, *session_id).await?;
        let session = head.as_mut().and_then(|session| session.apply_touch(*at).then_some(session));
        if let Some(session) = session.as_deref().filter(|session| session.touched) {
            users::update_clock(connection, session_id.handle, session).await?;
        }
        stored.push(session.map(|session| session.clock.last_active));
    }
    Ok(stored)
}

/// Stores the clients that were seen last with sessions that exist.
pub(super) async fn put_last_seen(
    connection: &mut SqliteConnection,
    clients: &[SeenClient],
) -> Result<(), EngineError> {
    for SeenClient { session_id, client } in clients {
        sqlx::query(
            "INSERT OR REPLACE INTO last_seen (handle, unique_id, client)
             SELECT handle, unique_id, ?3 FROM sessions WHERE handle = ?1 AND unique_id = ?2",
        )
        .bind(&session_id.handle.0[..])
        .bind(&session_id.unique[..])
        .bind(encode_last_seen(client))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Maximum number of sessions with deferred activity. Activity of further sessions is dropped; the next use of such a
/// session reports it again.
const MAX_DEFERRED: usize = 100_000;

/// Touches that wait for the next write of activity. Lists of sessions include them.
#[derive(Debug, Default)]
pub(super) struct DeferredTouches(Mutex<HashMap<SessionId, UnixMillis>>);

impl DeferredTouches {
    pub(super) fn add(&self, touches: &[Touch]) {
        let mut deferred = self.lock();
        for Touch { session_id, at } in touches {
            if deferred.len() < MAX_DEFERRED || deferred.contains_key(session_id) {
                let latest = deferred.entry(*session_id).or_insert(*at);
                *latest = (*latest).max(*at);
            }
        }
    }

    pub(super) fn for_user(&self, handle: UserHandle) -> Vec<Touch> {
        let deferred = self.lock();
        if deferred.is_empty() {
            return Vec::new();
        }
        let touches = deferred.iter().map(|(session_id, at)| Touch { session_id: *session_id, at: *at });
        touches.filter(|touch| touch.session_id.handle == handle).collect()
    }

    pub(super) fn take(&self) -> Vec<Touch> {
        take(&mut *self.lock()).into_iter().map(|(session_id, at)| Touch { session_id, at }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, UnixMillis>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
