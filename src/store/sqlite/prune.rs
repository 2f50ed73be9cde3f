//! Forgetting what is too old.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{column, fault::Fault};
use crate::domain::{UnixMillis, limits};

/// Rows of each table that one call removes at most.
const AT_ONCE: i64 = 1_000;

const BY_AGE: [(&str, Duration); 7] = [
    (include_str!("sql/prune_tombstones.sql"), limits::TOMBSTONE_AGE),
    (include_str!("sql/prune_requests.sql"), limits::REQUEST_AGE),
    (include_str!("sql/prune_operations.sql"), limits::REQUEST_AGE),
    (include_str!("sql/prune_mass_operations.sql"), limits::REQUEST_AGE),
    (include_str!("sql/prune_floors.sql"), limits::AUTHENTICATION_AGE),
    (include_str!("sql/prune_matters.sql"), limits::QUIET_AGE),
    // A history says itself how long it is kept.
    (include_str!("sql/prune_histories.sql"), Duration::ZERO),
];

/// Removes what outlived its age, the oldest first. Generations stay for ever.
pub(super) async fn prune(connection: &mut SqliteConnection, now: UnixMillis) -> Result<(), Fault> {
    for (statement, age) in BY_AGE {
        sqlx::query(statement).bind(column::integer(now.minus(age))).bind(AT_ONCE).execute(&mut *connection).await?;
    }
    Ok(())
}
