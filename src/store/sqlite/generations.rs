//! Mass revocations: what was revoked as a whole, and when.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::{
    domain::{Cause, TenantId, UnixMillis, event::RevocationScope},
    store::{
        StoreError,
        record::{self, Generation},
    },
};

/// A mass revocation: over is every session that was stamped with a lower generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredMassRevocation {
    pub generation: Generation,
    pub at: UnixMillis,
    pub cause: Cause,
}

/// The generation that a session made now is stamped with.
pub(super) async fn latest(connection: &mut SqliteConnection) -> Result<Generation, EngineError> {
    let highest: Option<i64> =
        sqlx::query_scalar("SELECT max(generation) FROM generations").fetch_one(connection).await?;
    Ok(to_generation(highest.unwrap_or_default())?)
}

/// The latest that concerns sessions of `tenant`.
pub(super) async fn latest_for_tenant(
    connection: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<StoredMassRevocation>, EngineError> {
    let row: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(include_str!("sql/mass_revocation.sql"))
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

/// The scopes that were revoked after `generation`, each with its latest one.
pub(super) async fn scopes_after(
    connection: &mut SqliteConnection,
    generation: Generation,
) -> Result<Vec<(RevocationScope, Generation)>, EngineError> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT scope, generation FROM generations WHERE generation > ?1 ORDER BY generation")
            .bind(i64::from(generation))
            .fetch_all(connection)
            .await?;
    let unreadable = || StoreError::corrupt("reading a generation", "its scope is not one");
    let read = |(scope, generation): (Vec<u8>, i64)| {
        Ok((RevocationScope::from_bytes(&scope).ok_or_else(unreadable)?, to_generation(generation)?))
    };
    Ok(rows.into_iter().map(read).collect::<Result<_, StoreError>>()?)
}

/// The time after which a login to `tenant` must have been proven; `None` when neither it nor everyone was ever revoked.
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

/// Raises the generation of `scope`: every session of it made so far is over. Returns the time of that, which is `now` or
/// else later than that of the one before.
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
    let at = last.map_or(now, |last| now.max(column::time(last).plus(Duration::from_millis(1))));
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
