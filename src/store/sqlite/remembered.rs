//! Memory of what is over: request and operation IDs, tombstones, login floors, and mass revocations.

use sqlx::SqliteConnection;

use super::transaction::EngineError;
use crate::{
    domain::{
        Cause, EndReason, SecretHash, SessionId, TenantId, UnixMillis, UserHandle, event::RevocationScope, limits,
    },
    sqlite::{count, fixed_bytes, integer, time},
    store::{
        OperationKey, RequestKey, StoreError, Tombstone,
        record::{self, Generation},
        rules::{
            liveness::{StoredMassRevocation, UniqueId},
            retention::oldest_known_request,
            start::mass_revocation_time,
        },
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
pub(super) async fn find_request(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    request: [u8; 16],
    now: UnixMillis,
) -> Result<Option<CompletedRequest>, EngineError> {
    let row: Option<RequestRow> = sqlx::query_as(
        "SELECT body, nonce, key_id, unique_id
         FROM requests
         WHERE handle = ?1 AND request = ?2 AND made_at >= ?3",
    )
    .bind(&handle.0[..])
    .bind(&request[..])
    .bind(integer(oldest_known_request(now)))
    .fetch_optional(connection)
    .await?;
    let Some((body, nonce, key_id, unique)) = row else { return Ok(None) };
    let request = RequestKey { id: request, body: fixed_bytes(&body)?, nonce: fixed_bytes(&nonce)?, key_id };
    Ok(Some(CompletedRequest { request, session: fixed_bytes(&unique)? }))
}

/// Stores that `request` created the session `id`, and deletes all but the newest requests of the user.
pub(super) async fn put_request(
    connection: &mut SqliteConnection,
    id: SessionId,
    request: &RequestKey,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(
        "INSERT OR REPLACE INTO requests (handle, request, body, nonce, key_id, unique_id, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(&id.handle.0[..])
    .bind(&request.id[..])
    .bind(&request.body[..])
    .bind(&request.nonce[..])
    .bind(request.key_id)
    .bind(&id.unique[..])
    .bind(integer(now))
    .execute(&mut *connection)
    .await?;
    let trim = "DELETE FROM requests WHERE seq IN (
        SELECT seq FROM requests WHERE handle = ?1 ORDER BY made_at DESC, seq DESC LIMIT -1 OFFSET ?2)";
    trim_rows(connection, trim, id.handle, limits::MAX_REQUEST_IDS_PER_USER).await
}

/// Returns the sessions that `operation` ended, if it was carried out within the last [`limits::REQUEST_ID_RETENTION`].
pub(super) async fn find_operation(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    operation: OperationKey,
    now: UnixMillis,
) -> Result<Option<Vec<SessionId>>, EngineError> {
    let ended: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT ended FROM operations WHERE handle = ?1 AND operation = ?2 AND made_at >= ?3")
            .bind(&handle.0[..])
            .bind(&operation[..])
            .bind(integer(oldest_known_request(now)))
            .fetch_optional(connection)
            .await?;
    let Some(ended) = ended else { return Ok(None) };
    let (uniques, _) = ended.as_chunks::<{ SessionId::UNIQUE_BYTES }>();
    Ok(Some(uniques.iter().map(|unique| SessionId { handle, unique: *unique }).collect()))
}

/// Stores the sessions that `operation` ended, and deletes all but the newest operations of the user.
pub(super) async fn put_operation(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    operation: OperationKey,
    ended: &[SessionId],
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query("INSERT OR REPLACE INTO operations (handle, operation, ended, made_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(&handle.0[..])
        .bind(&operation[..])
        .bind(ended.iter().flat_map(|id| id.unique).collect::<Vec<u8>>())
        .bind(integer(now))
        .execute(&mut *connection)
        .await?;
    let trim = "DELETE FROM operations WHERE seq IN (
        SELECT seq FROM operations WHERE handle = ?1 ORDER BY made_at DESC, seq DESC LIMIT -1 OFFSET ?2)";
    trim_rows(connection, trim, handle, limits::MAX_REQUEST_IDS_PER_USER).await
}

pub(super) async fn put_tombstone(
    connection: &mut SqliteConnection,
    id: SessionId,
    tombstone: &Tombstone,
    now: UnixMillis,
) -> Result<(), EngineError> {
    let former_client = tombstone.former_client.as_deref().map(record::encode_former_client).unwrap_or_default();
    sqlx::query(
        "INSERT OR REPLACE INTO tombstones (handle, unique_id, reason, ended_at, secret, tenant, cause, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(&id.handle.0[..])
    .bind(&id.unique[..])
    .bind(tombstone.reason.code())
    .bind(integer(tombstone.at))
    .bind(&tombstone.secret.0[..])
    .bind(tombstone.tenant.as_str())
    .bind([record::encode_cause(&tombstone.cause), former_client].concat())
    .bind(integer(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes all but the newest tombstones of the user.
pub(super) async fn trim_tombstones(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    let trim = "DELETE FROM tombstones WHERE seq IN (
        SELECT seq FROM tombstones WHERE handle = ?1 ORDER BY made_at DESC, seq DESC LIMIT -1 OFFSET ?2)";
    trim_rows(connection, trim, handle, limits::MAX_TOMBSTONES_PER_USER).await
}

/// Reason, time, secret, tenant and cause.
type TombstoneRow = (u8, i64, Vec<u8>, String, Vec<u8>);

pub(super) async fn load_tombstone(
    connection: &mut SqliteConnection,
    id: SessionId,
) -> Result<Option<Tombstone>, EngineError> {
    let row: Option<TombstoneRow> = sqlx::query_as(
        "SELECT reason, ended_at, secret, tenant, cause
         FROM tombstones
         WHERE handle = ?1 AND unique_id = ?2",
    )
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
        at: time(ended_at),
        secret: SecretHash(fixed_bytes(&secret)?),
        cause: decode_cause(&cause)?,
        former_client: record::decode_former_client(&cause).map(Box::new),
    }))
}

/// Returns the time after which the user must have authenticated, or `None` if nothing was revoked recently.
pub(super) async fn load_floor(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<Option<UnixMillis>, EngineError> {
    let floor: Option<i64> = sqlx::query_scalar("SELECT floor FROM floors WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_optional(connection)
        .await?;
    Ok(floor.map(time))
}

/// Raises the user's floor to `now`. A higher floor stays.
pub(super) async fn raise_floor(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query(
        "INSERT INTO floors (handle, floor)
         VALUES (?1, ?2)
         ON CONFLICT (handle) DO UPDATE SET floor = max(floor, excluded.floor)",
    )
    .bind(&handle.0[..])
    .bind(integer(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes everything that is remembered of a user, except the floor.
pub(super) async fn delete_user_data(connection: &mut SqliteConnection, handle: UserHandle) -> Result<(), EngineError> {
    for statement in [
        "DELETE FROM tombstones WHERE handle = ?1",
        "DELETE FROM requests WHERE handle = ?1",
        "DELETE FROM operations WHERE handle = ?1",
    ] {
        sqlx::query(statement).bind(&handle.0[..]).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Runs `statement`, which deletes the rows of a user except the `newest`.
async fn trim_rows(
    connection: &mut SqliteConnection,
    statement: &'static str,
    handle: UserHandle,
    newest: usize,
) -> Result<(), EngineError> {
    sqlx::query(statement).bind(&handle.0[..]).bind(count(newest)).execute(connection).await?;
    Ok(())
}

/// Returns whether the mass revocation `operation` was carried out recently enough to be known.
pub(super) async fn is_known_mass_operation(
    connection: &mut SqliteConnection,
    operation: OperationKey,
    now: UnixMillis,
) -> Result<bool, EngineError> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM mass_operations WHERE operation = ?1 AND made_at >= ?2")
        .bind(&operation[..])
        .bind(integer(oldest_known_request(now)))
        .fetch_optional(connection)
        .await?;
    Ok(known.is_some())
}

pub(super) async fn put_mass_operation(
    connection: &mut SqliteConnection,
    operation: OperationKey,
    now: UnixMillis,
) -> Result<(), EngineError> {
    sqlx::query("INSERT OR REPLACE INTO mass_operations (operation, made_at) VALUES (?1, ?2)")
        .bind(&operation[..])
        .bind(integer(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Returns the generation of a session that is created now.
pub(super) async fn latest_generation(connection: &mut SqliteConnection) -> Result<Generation, EngineError> {
    let highest: Option<i64> =
        sqlx::query_scalar("SELECT max(generation) FROM generations").fetch_one(connection).await?;
    Ok(to_generation(highest.unwrap_or_default())?)
}

/// Returns the latest mass revocation that applies to sessions of `tenant`.
pub(super) async fn latest_mass_revocation(
    connection: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<StoredMassRevocation>, EngineError> {
    let row: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT generation, at, cause
         FROM generations
         WHERE scope IN (CAST('*' AS BLOB), ?1)
         ORDER BY generation DESC
         LIMIT 1",
    )
    .bind(RevocationScope::Tenant(tenant.clone()).to_bytes())
    .fetch_optional(connection)
    .await?;
    let Some((generation, at, cause)) = row else { return Ok(None) };
    Ok(Some(StoredMassRevocation {
        generation: to_generation(generation)?,
        at: time(at),
        cause: decode_cause(&cause)?,
    }))
}

/// Returns the scopes that were revoked after `generation`, each with its latest generation.
pub(super) async fn scopes_revoked_after(
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
pub(super) async fn mass_revocation_floor(
    connection: &mut SqliteConnection,
    tenant: &TenantId,
) -> Result<Option<UnixMillis>, EngineError> {
    let latest: Option<i64> =
        sqlx::query_scalar("SELECT max(at) FROM generations WHERE scope IN (CAST('*' AS BLOB), ?1)")
            .bind(RevocationScope::Tenant(tenant.clone()).to_bytes())
            .fetch_one(connection)
            .await?;
    Ok(latest.map(time))
}

/// Raises the generation of `scope`, which ends every session of the scope created so far. Returns the time of the
/// revocation: `now`, or later if the previous revocation of the scope is not before `now`.
pub(super) async fn raise_generation(
    connection: &mut SqliteConnection,
    scope: &RevocationScope,
    now: UnixMillis,
    cause: &Cause,
) -> Result<UnixMillis, EngineError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT at FROM generations WHERE scope = ?1")
        .bind(scope.to_bytes())
        .fetch_optional(&mut *connection)
        .await?;
    let at = mass_revocation_time(last.map(time), now);
    sqlx::query(
        "INSERT INTO generations (scope, generation, at, cause)
         VALUES (?1, (SELECT coalesce(max(generation), 0) + 1 FROM generations), ?2, ?3)
         ON CONFLICT (scope) DO UPDATE SET generation = excluded.generation, at = excluded.at, cause = excluded.cause",
    )
    .bind(scope.to_bytes())
    .bind(integer(at))
    .bind(record::encode_cause(cause))
    .execute(connection)
    .await?;
    Ok(at)
}

fn to_generation(column: i64) -> Result<Generation, StoreError> {
    Generation::try_from(column).map_err(|_| StoreError::corrupt("reading a generation", "it is out of range"))
}

fn decode_cause(column: &[u8]) -> Result<Cause, StoreError> {
    record::decode_cause(column).map_err(|error| StoreError::corrupt("reading a cause", error.to_string()))
}
