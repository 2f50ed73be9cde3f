//! Requests that made a session.

use sqlx::SqliteConnection;

use super::{column, fault::Fault, survey::UniqueId};
use crate::{
    domain::{SessionId, UnixMillis, UserHandle, limits},
    store::RequestKey,
};

/// A request as it was first carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub request: RequestKey,
    /// The session that it made.
    pub made: UniqueId,
}

/// Body, nonce, key id, and the session made.
type Row = (Vec<u8>, Vec<u8>, u8, Vec<u8>);

/// The request called `request`, if it was carried out within the last [`limits::REQUEST_AGE`].
pub(super) async fn known(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    request: [u8; 16],
    now: UnixMillis,
) -> Result<Option<Known>, Fault> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/load_request.sql"))
        .bind(&handle.0[..])
        .bind(&request[..])
        .bind(column::integer(now.minus(limits::REQUEST_AGE)))
        .fetch_optional(connection)
        .await?;
    let Some((body, nonce, key_id, unique)) = row else { return Ok(None) };
    let request = RequestKey { id: request, body: column::bytes(&body)?, nonce: column::bytes(&nonce)?, key_id };
    Ok(Some(Known { request, made: column::bytes(&unique)? }))
}

/// Remembers that `request` made the session `id`, and forgets all but the user's newest.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    id: SessionId,
    request: &RequestKey,
    now: UnixMillis,
) -> Result<(), Fault> {
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
        .bind(column::count(limits::REQUESTS_PER_USER))
        .execute(connection)
        .await?;
    Ok(())
}
