//! Forgetting what is too old.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::domain::{UnixMillis, limits};

/// Rows of each table that one call removes at most.
const PRUNE_BATCH: i64 = 1_000;

const PRUNE_STATEMENTS: [(&str, Duration); 7] = [
    (include_str!("sql/prune_tombstones.sql"), limits::TOMBSTONE_RETENTION),
    (include_str!("sql/prune_requests.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_operations.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_mass_operations.sql"), limits::REQUEST_ID_RETENTION),
    (include_str!("sql/prune_floors.sql"), limits::MAX_AUTHENTICATION_AGE),
    (include_str!("sql/prune_matters.sql"), limits::MAX_DEDUP_WINDOW),
    // A history says itself how long it is kept.
    (include_str!("sql/prune_histories.sql"), Duration::ZERO),
];

/// Removes what outlived its age, the oldest first. Generations stay for ever.
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
