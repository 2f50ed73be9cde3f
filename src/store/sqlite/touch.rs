//! Writing down that sessions were in use.

use sqlx::SqliteConnection;

use super::{engine_error::EngineError, session_rows};
use crate::{
    domain::{Liveness, UnixMillis},
    store::Touch,
};

/// When a user is due stays as it is: activity only puts it off, and a sweep looks again. A session that
/// had timed out by then is not there.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    touches: &[Touch],
) -> Result<Vec<Option<UnixMillis>>, EngineError> {
    let mut stored = Vec::with_capacity(touches.len());
    for Touch { session_id, at } in touches {
        let head = session_rows::load_head(connection, *session_id).await?;
        let Some(mut session) = head.filter(|session| session.clock.liveness(*at) == Liveness::Live) else {
            stored.push(None);
            continue;
        };
        if *at > session.clock.last_active {
            session.clock.last_active = *at;
            session_rows::update_clock(connection, session_id.handle, &session).await?;
        }
        stored.push(Some(session.clock.last_active));
    }
    Ok(stored)
}
