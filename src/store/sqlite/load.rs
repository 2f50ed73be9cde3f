//! Reading one session.

use sqlx::SqliteConnection;

use super::{fault::Fault, generations, tombstones, user};
use crate::{
    domain::{Session, SessionId},
    store::{Found, Loaded, record},
};

/// The connection is the only one, so whatever was answered before is seen, and no step comes between
/// these reads.
pub(super) async fn load(connection: &mut SqliteConnection, id: SessionId) -> Result<Loaded, Fault> {
    let row: Option<(Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(include_str!("sql/load_session.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(&mut *connection)
        .await?;
    let Some((owner, record, clock)) = row else {
        let tombstone = tombstones::load(connection, id).await?;
        return Ok(tombstone.map_or(Loaded::Missing, Loaded::Ended));
    };
    let owner = user::decode_owner(&owner)?;
    let (record, generation) = record::decode(&record)?;
    let (clock, _) = record::decode_clock(&clock)?;
    let mass_revoked = generations::concerning(connection, &owner.tenant)
        .await?
        .filter(|mass| generation < mass.generation)
        .map(|mass| (mass.at, mass.cause));
    Ok(Loaded::Found(Box::new(Found { session: Session { id, owner, record, clock }, mass_revoked })))
}
