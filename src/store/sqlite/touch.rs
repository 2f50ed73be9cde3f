//! Writing down that sessions were in use.

use sqlx::SqliteConnection;

use super::{fault::Fault, session_rows};
use crate::{domain::UnixMillis, store::Touch};

/// When a user is due stays as it is: activity only puts it off, and a sweep looks again.
pub(super) async fn touch(
    connection: &mut SqliteConnection,
    touches: &[Touch],
) -> Result<Vec<Option<UnixMillis>>, Fault> {
    let mut stored = Vec::with_capacity(touches.len());
    for Touch { session_id, at } in touches {
        let Some(mut session) = session_rows::standing_one(connection, *session_id).await? else {
            stored.push(None);
            continue;
        };
        if *at > session.clock.last_active {
            session.clock.last_active = *at;
            session_rows::put_clock(connection, session_id.handle, &session).await?;
        }
        stored.push(Some(session.clock.last_active));
    }
    Ok(stored)
}
