//! Mass revocation of a tenant or of everyone.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError, generations, outbox, sweep_cursor};
use crate::{
    domain::{Bucket, EventKind, UnixMillis},
    store::{MassRevocation, OperationKey, rules::retention::oldest_known_request},
};

/// The bucket of the single event of a mass revocation. The file has one generation counter for all buckets.
const BUCKET: Bucket = Bucket(0);

/// Raises the generation, and schedules a sweep of all users in every bucket. Does nothing if the operation is known.
pub(super) async fn revoke_mass(
    connection: &mut SqliteConnection,
    revocation: MassRevocation,
) -> Result<(), EngineError> {
    let MassRevocation { now, scope, operation, event, cause } = revocation;
    if is_known(connection, operation, now).await? {
        return Ok(());
    }
    sqlx::query("INSERT OR REPLACE INTO mass_operations (operation, made_at) VALUES (?1, ?2)")
        .bind(&operation[..])
        .bind(column::integer(now))
        .execute(&mut *connection)
        .await?;
    let at = generations::raise(connection, &scope, now, &cause).await?;
    sweep_cursor::start_all(connection).await?;
    outbox::append(connection, BUCKET, &outbox::new_scope_entry(EventKind::RevokedAll, event, &scope, at, &cause)).await
}

/// Returns whether `operation` was carried out recently enough to be known.
async fn is_known(
    connection: &mut SqliteConnection,
    operation: OperationKey,
    now: UnixMillis,
) -> Result<bool, EngineError> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM mass_operations WHERE operation = ?1 AND made_at >= ?2")
        .bind(&operation[..])
        .bind(column::integer(oldest_known_request(now)))
        .fetch_optional(connection)
        .await?;
    Ok(known.is_some())
}
