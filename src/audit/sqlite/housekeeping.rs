//! Removing what is kept no longer.

use sqlx::SqliteConnection;

use super::maintenance_clock;
use crate::{
    audit::{
        Kept, forgotten,
        maintenance_turn::{ClockAhead, MaintenanceTurn},
        upkeep::LATE,
    },
    domain::UnixMillis,
    store::sqlite::column::integer,
};

/// Rows of a table that go at a time: others wait for the one connection meanwhile.
const BATCH: u32 = 1000;

/// Statements that remove what is older than a time, so many rows of it at most.
const REMOVALS: [&str; 6] = [
    include_str!("sql/remove_session_events.sql"),
    include_str!("sql/remove_login_events.sql"),
    include_str!("sql/remove_sessions.sql"),
    include_str!("sql/remove_alerts.sql"),
    include_str!("sql/remove_refused_events.sql"),
    include_str!("sql/remove_mass_revocations.sql"),
];

/// As [`crate::audit::EventLog::keep_house`]; there is nothing to make room for. To be called within a transaction.
pub(super) async fn keep_house(
    connection: &mut SqliteConnection,
    turn: MaintenanceTurn,
) -> sqlx::Result<Result<Kept, ClockAhead>> {
    if let Err(ahead) = maintenance_clock::admit(connection, turn).await? {
        return Ok(Err(ahead));
    }
    let MaintenanceTurn { now, keep_from, .. } = turn;
    let closed = change(connection, include_str!("sql/close_sessions.sql"), now.minus(LATE)).await?;
    let mut kept = Kept { more: closed >= u64::from(BATCH), ..Kept::default() };
    for statement in REMOVALS {
        let removed = change(connection, statement, keep_from).await?;
        kept.removed += removed;
        kept.more |= removed >= u64::from(BATCH);
    }
    let marks = change(connection, include_str!("sql/remove_marks.sql"), now.minus(forgotten::KEPT_FOR)).await?;
    Ok(Ok(Kept { removed: kept.removed + marks, more: kept.more || marks >= u64::from(BATCH), ..kept }))
}

async fn change(connection: &mut SqliteConnection, statement: &'static str, before: UnixMillis) -> sqlx::Result<u64> {
    Ok(sqlx::query(statement).bind(integer(before)).bind(BATCH).execute(connection).await?.rows_affected())
}
