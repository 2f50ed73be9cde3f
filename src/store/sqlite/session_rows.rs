//! Rows of the table of sessions.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{SessionId, UserHandle},
    store::{
        record,
        rules::liveness::{SessionHead, UniqueId},
    },
};

/// Returns all sessions of a user, without their records.
pub(super) async fn load_heads(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<Vec<SessionHead>, EngineError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT unique_id, clock FROM sessions WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_all(connection)
        .await?;
    let mut sessions = Vec::with_capacity(rows.len());
    for (unique, clock) in rows {
        let (clock, generation) = record::decode_clock(&clock)?;
        sessions.push(SessionHead { unique: column::bytes(&unique)?, clock, generation, touched: false });
    }
    Ok(sessions)
}

/// Returns one session without its record, or `None` if it does not exist.
pub(super) async fn load_head(
    connection: &mut SqliteConnection,
    id: SessionId,
) -> Result<Option<SessionHead>, EngineError> {
    let clock: Option<Vec<u8>> = sqlx::query_scalar(include_str!("sql/load_clock.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(connection)
        .await?;
    let Some(clock) = clock else { return Ok(None) };
    let (clock, generation) = record::decode_clock(&clock)?;
    Ok(Some(SessionHead { unique: id.unique, clock, generation, touched: false }))
}

/// Returns the stored record of a session that exists.
pub(super) async fn load_record(connection: &mut SqliteConnection, id: SessionId) -> Result<Vec<u8>, EngineError> {
    let record = sqlx::query_scalar(include_str!("sql/load_record.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_one(connection)
        .await?;
    Ok(record)
}

/// Returns the stored records of all sessions of a user.
pub(super) async fn load_records(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<Vec<(UniqueId, Vec<u8>)>, EngineError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT unique_id, record FROM sessions WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|(unique, record)| Ok((column::bytes(&unique)?, record))).collect()
}

/// Inserts a session. The row of the user must exist.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    session: &SessionHead,
    record: &[u8],
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_session.sql"))
        .bind(&handle.0[..])
        .bind(&session.unique[..])
        .bind(&record::encode_clock(&session.clock, session.generation)[..])
        .bind(record)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn update_record(
    connection: &mut SqliteConnection,
    id: SessionId,
    record: &[u8],
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_record.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .bind(record)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn update_clock(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    session: &SessionHead,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_clock.sql"))
        .bind(&handle.0[..])
        .bind(&session.unique[..])
        .bind(&record::encode_clock(&session.clock, session.generation)[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the clocks that are ahead of the stored ones.
pub(super) async fn update_touched_clocks(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    sessions: &[SessionHead],
) -> Result<(), EngineError> {
    for session in sessions.iter().filter(|session| session.touched) {
        update_clock(connection, handle, session).await?;
    }
    Ok(())
}

/// Removes a session that exists. Returns its stored record.
pub(super) async fn remove(connection: &mut SqliteConnection, id: SessionId) -> Result<Vec<u8>, EngineError> {
    let record = sqlx::query_scalar(include_str!("sql/remove_session.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_one(connection)
        .await?;
    Ok(record)
}
