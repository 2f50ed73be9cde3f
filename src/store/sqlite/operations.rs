//! Idempotency keys of revocations of all of a user's sessions.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{SessionId, UnixMillis, UserHandle, limits},
    store::{OperationKey, rules::retention::oldest_known_request},
};

/// Returns the sessions that `operation` ended, if it was carried out within the last [`limits::REQUEST_ID_RETENTION`].
pub(super) async fn find(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    operation: OperationKey,
    now: UnixMillis,
) -> Result<Option<Vec<SessionId>>, EngineError> {
    let ended: Option<Vec<u8>> = sqlx::query_scalar(include_str!("sql/load_operation.sql"))
        .bind(&handle.0[..])
        .bind(&operation[..])
        .bind(column::integer(oldest_known_request(now)))
        .fetch_optional(connection)
        .await?;
    let Some(ended) = ended else { return Ok(None) };
    let (uniques, _) = ended.as_chunks::<{ SessionId::UNIQUE_BYTES }>();
    Ok(Some(uniques.iter().map(|unique| SessionId { handle, unique: *unique }).collect()))
}

/// Stores the sessions that `operation` ended, and deletes all but the newest operations of the user.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    operation: OperationKey,
    ended: &[SessionId],
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_operation.sql"))
        .bind(&handle.0[..])
        .bind(&operation[..])
        .bind(ended.iter().flat_map(|id| id.unique).collect::<Vec<u8>>())
        .bind(column::integer(now))
        .execute(&mut *connection)
        .await?;
    sqlx::query(include_str!("sql/trim_operations.sql"))
        .bind(&handle.0[..])
        .bind(column::count(limits::MAX_REQUEST_IDS_PER_USER))
        .execute(connection)
        .await?;
    Ok(())
}
