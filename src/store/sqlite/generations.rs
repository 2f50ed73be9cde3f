//! Mass revocations: their scopes, generations and times.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{Cause, TenantId, UnixMillis, event::RevocationScope},
    store::{
        StoreError,
        record::{self, Generation},
        rules::{liveness::StoredMassRevocation, start::mass_revocation_time},
    },
};

/// Returns the generation of a session that is created now.
pub(super) async fn latest(connection: &mut SqliteConnection) -> Result<Generation, EngineError> {
    let highest: Option<i64> =
        sqlx::query_scalar("SELECT max(generation) FROM generations").fetch_one(connection).await?;
    Ok(to_generation(highest.unwrap_or_default())?)
}

/// Returns the latest mass revocation that applies to sessions of `tenant`.
pub(super) async fn latest_for_tenant(
    connection: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<StoredMassRevocation>, EngineError> {
    let row: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(include_str!("sql/latest_mass_revocation.sql"))
        .bind(RevocationScope::Tenant(tenant.clone()).to_bytes())
        .fetch_optional(connection)
        .await?;
    let Some((generation, at, cause)) = row else { return Ok(None) };
    Ok(Some(StoredMassRevocation {
        generation: to_generation(generation)?,
        at: column::time(at),
        cause: column::cause(&cause)?,
    }))
}

/// Returns the scopes that were revoked after `generation`, each with its latest generation.
pub(super) async fn scopes_after(
    connection: &mut SqliteConnection,
    generation: Generation,
) -> Result<Vec<(RevocationScope, Generation)>, EngineError> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT scope, generation FROM generations WHERE generation > ?1 ORDER BY generation")
            .bind(i64::from(generation))
            .fetch_all(connection)
            .await?;
    let unreadable = || StoreError::corrupt("reading a generation", "invalid scope");
    let read = |(scope, generation): (Vec<u8>, i64)| {
        Ok((RevocationScope::from_bytes(&scope).ok_or_else(unreadable)?, to_generation(generation)?))
    };
    Ok(rows.into_iter().map(read).collect::<Result<_, StoreError>>()?)
}

/// Returns the time after which users of `tenant` must have authenticated, or `None` if neither the tenant nor everyone
/// was ever revoked.
pub(super) async fn floor(
    connection: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<UnixMillis>, EngineError> {
    let latest: Option<i64> =
        sqlx::query_scalar("SELECT max(at) FROM generations WHERE scope IN (CAST('*' AS BLOB), ?1)")
            .bind(RevocationScope::Tenant(tenant.clone()).to_bytes())
            .fetch_one(connection)
            .await?;
    Ok(latest.map(column::time))
}

/// Raises the generation of `scope`, which ends every session of the scope created so far. Returns the time of the
/// revocation: `now`, or later if the previous revocation of the scope is not before `now`.
pub(super) async fn raise(
    connection: &mut SqliteConnection,
    scope: &RevocationScope,
    now: UnixMillis,
    cause: &Cause,
) -> Result<UnixMillis, EngineError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT at FROM generations WHERE scope = ?1")
        .bind(scope.to_bytes())
        .fetch_optional(&mut *connection)
        .await?;
    let at = mass_revocation_time(last.map(column::time), now);
    sqlx::query(include_str!("sql/raise_generation.sql"))
        .bind(scope.to_bytes())
        .bind(column::integer(at))
        .bind(record::encode_cause(cause))
        .execute(connection)
        .await?;
    Ok(at)
}

fn to_generation(column: i64) -> Result<Generation, StoreError> {
    Generation::try_from(column).map_err(|_| StoreError::corrupt("reading a generation", "it is out of range"))
}
