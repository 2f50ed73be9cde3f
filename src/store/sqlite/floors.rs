//! Login floors of users: the time after which a user must have authenticated.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::domain::{UnixMillis, UserHandle};

/// Returns the user's floor, or `None` if nothing was revoked recently.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<Option<UnixMillis>, EngineError> {
    let floor: Option<i64> = sqlx::query_scalar("SELECT floor FROM floors WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_optional(connection)
        .await?;
    Ok(floor.map(column::time))
}

/// Raises the user's floor to `now`. A higher floor stays.
pub(super) async fn raise(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/raise_floor.sql"))
        .bind(&handle.0[..])
        .bind(column::integer(now))
        .execute(connection)
        .await?;
    Ok(())
}
