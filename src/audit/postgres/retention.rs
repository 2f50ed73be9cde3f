//! Removal of rows beyond their retention, in batches.

use sqlx::AssertSqlSafe;

use super::transaction::AuditTransaction;
use crate::{
    audit::{erasure, maintenance::LOST_END_GRACE},
    domain::UnixMillis,
};

/// Number of rows of a table that are removed at a time: at most one second of work.
const BATCH: i64 = 5_000;

/// The tables of expired rows, and their conditions, earliest first. Locked rows are left to the next run. For a
/// session its end counts or, if the end was lost, its deadline. Sessions that began later cannot have ended before.
const OUTDATED_ROWS: [(&str, &str); 8] = [
    ("session_events_default", "at < $1 ORDER BY at"),
    ("login_events_default", "at < $1 ORDER BY at"),
    ("sessions", "created_at < $1 AND (ended_at < $1 OR ended_at IS NULL AND expires_at < $1) ORDER BY created_at"),
    ("alerts", "event_time < $1 ORDER BY event_time"),
    ("refused_events", "refused_at < $1 ORDER BY refused_at"),
    ("mass_revocations", "at < $1 AND finished_at IS NOT NULL ORDER BY at"),
    ("credential_uses", "last_used_at < $1 ORDER BY last_used_at"),
    ("webhook_messages", "occurred_at < $1 ORDER BY occurred_at"),
];

/// Removes expired rows. Returns their number, and whether there may be more.
pub(super) async fn remove(transaction: &mut AuditTransaction<'_>, keep_from: UnixMillis) -> sqlx::Result<(u64, bool)> {
    let (mut removed, mut more) = (0, false);
    for (table, which) in OUTDATED_ROWS {
        let statement = format!(
            "DELETE FROM {table}
             WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table} WHERE {which} LIMIT $2 FOR UPDATE SKIP LOCKED))"
        );
        let statement = sqlx::query(AssertSqlSafe(statement)).bind(keep_from).bind(BATCH);
        let rows = statement.execute(&mut *transaction).await?.rows_affected();
        removed += rows;
        more |= rows >= BATCH.unsigned_abs();
    }
    Ok((removed, more))
}

/// Ends sessions whose absolute deadline has long passed and whose end was never recorded, because it was lost with
/// their store.
const END_LOST_SESSIONS: &str = "UPDATE sessions SET ended_at = expires_at, end_reason = 'expired'
    WHERE session_id = ANY (ARRAY (
        SELECT session_id FROM sessions WHERE ended_at IS NULL AND expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))";

/// Ends lost sessions: they have expired, but their end was never recorded. Returns whether there may be more.
pub(super) async fn end_lost_sessions(transaction: &mut AuditTransaction<'_>, now: UnixMillis) -> sqlx::Result<bool> {
    let closing = sqlx::query(END_LOST_SESSIONS).bind(now.minus(LOST_END_GRACE)).bind(BATCH);
    Ok(closing.execute(transaction).await?.rows_affected() >= BATCH.unsigned_abs())
}

/// Removes erasure marks of users whose data can no longer arrive.
pub(super) async fn remove_marks(transaction: &mut AuditTransaction<'_>, now: UnixMillis) -> sqlx::Result<u64> {
    let statement = sqlx::query("DELETE FROM forgotten_users WHERE at < $1").bind(now.minus(erasure::MARK_RETENTION));
    Ok(statement.execute(transaction).await?.rows_affected())
}
