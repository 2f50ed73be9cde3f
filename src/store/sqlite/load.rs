//! Loading of one session.

use sqlx::SqliteConnection;

use super::{engine_error::EngineError, generations, tombstones, user};
use crate::{
    domain::{Session, SessionId},
    store::{
        LoadOutcome, LoadedSession,
        record::{self, Generation},
    },
};

/// Loads a session or its tombstone. As there is one connection, every acknowledged change is visible, and no write
/// comes between these reads.
pub(super) async fn load(connection: &mut SqliteConnection, id: SessionId) -> Result<LoadOutcome, EngineError> {
    let Some((session, generation)) = self::load_session(connection, id).await? else {
        let tombstone = tombstones::load(connection, id).await?;
        return Ok(tombstone.map_or(LoadOutcome::NotFound, LoadOutcome::Ended));
    };
    let mass_revoked = generations::latest_for_tenant(connection, &session.owner.tenant)
        .await?
        .filter(|mass| mass.applies_to(generation))
        .map(|mass| (mass.at, mass.cause));
    Ok(LoadOutcome::Found(Box::new(LoadedSession { session, mass_revoked })))
}

/// Returns a stored session and the generation in which it was created.
pub(super) async fn load_session(
    connection: &mut SqliteConnection,
    id: SessionId,
) -> Result<Option<(Session, Generation)>, EngineError> {
    let row: Option<(Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(include_str!("sql/load_session.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(connection)
        .await?;
    let Some((owner, record, clock)) = row else { return Ok(None) };
    let owner = user::decode_owner(&owner)?;
    let (record, generation) = record::decode(&record)?;
    let (clock, _) = record::decode_clock(&clock)?;
    Ok(Some((Session { id, owner, record, clock }, generation)))
}
