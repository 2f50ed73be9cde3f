//! Writes of session activity.

use sqlx::SqliteConnection;

use super::{engine_error::EngineError, session_rows};
use crate::{domain::UnixMillis, store::Touch};

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
        let mut head = session_rows::load_head(connection, *session_id).await?;
        let session = head.as_mut().and_then(|session| session.apply_touch(*at).then_some(session));
        if let Some(session) = session.as_deref().filter(|session| session.touched) {
            session_rows::update_clock(connection, session_id.handle, session).await?;
        }
        stored.push(session.map(|session| session.clock.last_active));
    }
    Ok(stored)
}
