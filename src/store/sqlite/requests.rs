//! Idempotency keys of requests that created a session.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{SessionId, UnixMillis, UserHandle, limits},
    store::{
        RequestKey,
        rules::{liveness::UniqueId, retention::oldest_known_request},
    },
};

/// A request as it was first carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CompletedRequest {
    pub request: RequestKey,
    /// The session that it created.
    pub session: UniqueId,
}

/// Body, nonce, key ID, and the created session.
type RequestRow = (Vec<u8>, Vec<u8>, u8, Vec<u8>);

/// Returns the request with the ID `request`, if it was carried out within the last [`limits::REQUEST_ID_RETENTION`].
pub(super) async fn find(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    request: [u8; 16],
    now: UnixMillis,
) -> Result<Option<CompletedRequest>, EngineError> {
    let row: Option<RequestRow> = sqlx::query_as(include_str!("sql/load_request.sql"))
        .bind(&handle.0[..])
        .bind(&request[..])
        .bind(column::integer(oldest_known_request(now)))
        .fetch_optional(connection)
        .await?;
    let Some((body, nonce, key_id, unique)) = row else { return Ok(None) };
    let request = RequestKey { id: request, body: column::bytes(&body)?, nonce: column::bytes(&nonce)?, key_id };
    Ok(Some(CompletedRequest { request, session: column::bytes(&unique)? }))
}

/// Stores that `request` created the session `id`, and deletes all but the newest requests of the user.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    id: SessionId,
    request: &RequestKey,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_request.sql"))
        .bind(&id.handle.0[..])
        .bind(&request.id[..])
        .bind(&request.body[..])
        .bind(&request.nonce[..])
        .bind(request.key_id)
        .bind(&id.unique[..])
        .bind(column::integer(now))
        .execute(&mut *connection)
        .await?;
    sqlx::query(include_str!("sql/trim_requests.sql"))
        .bind(&id.handle.0[..])
        .bind(column::count(limits::MAX_REQUEST_IDS_PER_USER))
        .execute(connection)
        .await?;
    Ok(())
}
