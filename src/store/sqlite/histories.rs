//! Login histories of users.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{LoginHistory, UnixMillis, UserHandle},
    store::{HistoryUpdate, findings::decode_history_or_default, record},
};

/// Returns the version and the stored form of the user's history: 0 and empty if the user has no history.
pub(super) async fn load(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(u64, Vec<u8>), EngineError> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT version, history FROM histories WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_optional(connection)
        .await?;
    let (version, history) = row.unwrap_or_default();
    Ok((u64::try_from(version).unwrap_or_default(), history))
}

/// Replaces version `version` of the user's history.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    version: u64,
    update: &HistoryUpdate,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_history.sql"))
        .bind(&handle.0[..])
        .bind(i64::try_from(version.saturating_add(1)).unwrap_or(i64::MAX))
        .bind(record::encode_history(&update.history))
        .bind(column::integer(now.plus(update.keep_for)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Applies `change` to the user's history and stores the result as the next version. Does nothing if there is no
/// history.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    change: impl FnOnce(LoginHistory) -> LoginHistory + Send,
) -> Result<(), EngineError> {
    let (version, history) = load(connection, handle).await?;
    sqlx::query("UPDATE histories SET version = ?2, history = ?3 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(i64::try_from(version.saturating_add(1)).unwrap_or(i64::MAX))
        .bind(record::encode_history(&change(decode_history_or_default(&history))))
        .execute(connection)
        .await?;
    Ok(())
}
