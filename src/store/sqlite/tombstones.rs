//! Tombstones of ended sessions.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{EndReason, SecretHash, SessionId, TenantId, UnixMillis, UserHandle, limits},
    store::{StoreError, Tombstone, record},
};

pub(super) async fn put(
    connection: &mut SqliteConnection,
    id: SessionId,
    tombstone: &Tombstone,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/put_tombstone.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .bind(tombstone.reason.code())
        .bind(column::integer(tombstone.at))
        .bind(&tombstone.secret.0[..])
        .bind(tombstone.tenant.as_str())
        .bind(record::encode_cause(&tombstone.cause))
        .bind(column::integer(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Reason, time, secret, tenant and cause.
type StoredTombstone = (u8, i64, Vec<u8>, String, Vec<u8>);

pub(super) async fn load(connection: &mut SqliteConnection, id: SessionId) -> Result<Option<Tombstone>, EngineError> {
    let row: Option<StoredTombstone> = sqlx::query_as(include_str!("sql/load_tombstone.sql"))
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(connection)
        .await?;
    let Some((reason, ended_at, secret, tenant, cause)) = row else { return Ok(None) };
    let corrupt = |what| StoreError::corrupt("reading a tombstone", what);
    let reason = EndReason::from_code(reason).ok_or_else(|| corrupt("unknown end reason"))?;
    Ok(Some(Tombstone {
        tenant: TenantId::new(&tenant).map_err(|_| corrupt("invalid tenant"))?,
        reason,
        at: column::time(ended_at),
        secret: SecretHash(column::bytes(&secret)?),
        cause: column::cause(&cause)?,
    }))
}

/// Deletes all but the newest tombstones of the user.
pub(super) async fn trim(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    sqlx::query(include_str!("sql/trim_tombstones.sql"))
        .bind(&handle.0[..])
        .bind(column::count(limits::MAX_TOMBSTONES_PER_USER))
        .execute(connection)
        .await?;
    Ok(())
}
