//! Rows whose time is up, a part of them at a time.

use sqlx::AssertSqlSafe;

use super::{columns::time, transaction::AuditTransaction};
use crate::{
    audit::{erasure, maintenance::LOST_END_GRACE},
    domain::UnixMillis,
};

/// Rows of a table that go at once: a second's work at most.
const BATCH: i64 = 5_000;

/// Where rows whose time is up lie, and which they are, earliest first. What somebody else holds is left to the next
/// time. Of a session it counts when it ended, or, where its end was lost, when it was over at the latest; those that
/// began later cannot have ended before.
const OUTDATED_ROWS: [(&str, &str); 6] = [
    ("session_events_default", "at < $1 ORDER BY at"),
    ("login_events_default", "at < $1 ORDER BY at"),
    ("sessions", "created_at < $1 AND (ended_at < $1 OR ended_at IS NULL AND expires_at < $1) ORDER BY created_at"),
    ("alerts", "event_time < $1 ORDER BY event_time"),
    ("refused_events", "refused_at < $1 ORDER BY refused_at"),
    ("mass_revocations", "at < $1 AND finished_at IS NOT NULL ORDER BY at"),
];

/// Answers how many rows are gone, and whether there may be more.
pub(super) async fn remove(transaction: &mut AuditTransaction<'_>, keep_from: UnixMillis) -> sqlx::Result<(u64, bool)> {
    let (mut removed, mut more) = (0, false);
    for (table, which) in OUTDATED_ROWS {
        let statement = format!(
            "DELETE FROM {table}
             WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table} WHERE {which} LIMIT $2 FOR UPDATE SKIP LOCKED))"
        );
        let statement = sqlx::query(AssertSqlSafe(statement)).bind(time(keep_from)).bind(BATCH);
        let rows = statement.execute(&mut *transaction).await?.rows_affected();
        removed += rows;
        more |= rows >= BATCH.unsigned_abs();
    }
    Ok((removed, more))
}

/// Sessions whose absolute deadline has long passed and whose end was never told: it was lost with their store.
const END_LOST_SESSIONS: &str = "UPDATE sessions SET ended_at = expires_at, end_reason = 'expired'
    WHERE session_id = ANY (ARRAY (
        SELECT session_id FROM sessions WHERE ended_at IS NULL AND expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))";

/// Ends what is over and was not told to be. Answers whether there may be more.
pub(super) async fn end_lost_sessions(transaction: &mut AuditTransaction<'_>, now: UnixMillis) -> sqlx::Result<bool> {
    let closing = sqlx::query(END_LOST_SESSIONS).bind(time(now.minus(LOST_END_GRACE))).bind(BATCH);
    Ok(closing.execute(transaction).await?.rows_affected() >= BATCH.unsigned_abs())
}

/// Marks of persons of whom nothing can arrive any more.
pub(super) async fn remove_marks(transaction: &mut AuditTransaction<'_>, now: UnixMillis) -> sqlx::Result<u64> {
    let statement =
        sqlx::query("DELETE FROM forgotten_users WHERE at < $1").bind(time(now.minus(erasure::MARK_RETENTION)));
    Ok(statement.execute(transaction).await?.rows_affected())
}
