//! Deletion of stored state beyond its retention.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::domain::{UnixMillis, limits};

/// Maximum number of rows of each table that one call removes.
const PRUNE_BATCH: i64 = 1_000;

const PRUNE_STATEMENTS: [(&str, Duration); 7] = [
    (include_str!("sql/prune_tombstones.sql"), limits::TOMBSTONE_RETENTION),
    (include_str!("sql/prune_requests.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_operations.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_mass_operations.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_floors.sql"), limits::MAX_AUTHENTICATION_AGE),
    (include_str!("sql/prune_dedup_entries.sql"), limits::MAX_DEDUP_WINDOW),
    // A history stores its own expiry.
    (include_str!("sql/prune_histories.sql"), Duration::ZERO),
];

/// Removes rows beyond their retention, the oldest first. Generations are never removed.
pub(super) async fn prune(connection: &mut SqliteConnection, now: UnixMillis) -> Result<(), EngineError> {
    for (statement, age) in PRUNE_STATEMENTS {
        sqlx::query(statement)
            .bind(column::integer(now.minus(age)))
            .bind(PRUNE_BATCH)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
