//! Sweep: ends sessions whose time is up, and deletes stored state beyond its retention.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sqlx::SqliteConnection;

use super::{transaction::EngineError, users::UserEntry};
use crate::{
    domain::{Bucket, UnixMillis, UserHandle, limits},
    sqlite::{count, fixed_bytes, integer, time},
    store::{StoreError, SweepOutcome},
};

/// Time until the next attempt for a user that cannot be read.
const UNREADABLE_RETRY_DELAY: Duration = Duration::from_hours(1);

/// Maximum number of rows that one call removes.
const PRUNE_BATCH: i64 = 8_000;

/// Statements that delete the oldest rows that are older than a time, and the retention of each table. A sweep of a
/// bucket runs one of them, so that a sweep of all buckets runs each many times.
const PRUNE_STATEMENTS: [(&str, Duration); 9] = [
    (
        "DELETE FROM tombstones
         WHERE seq IN (SELECT seq FROM tombstones WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)",
        limits::TOMBSTONE_RETENTION,
    ),
    (
        "DELETE FROM requests
         WHERE seq IN (SELECT seq FROM requests WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)",
        limits::REQUEST_ID_RETENTION,
    ),
    (
        "DELETE FROM operations
         WHERE seq IN (SELECT seq FROM operations WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)",
        limits::REQUEST_ID_RETENTION,
    ),
    (
        "DELETE FROM mass_operations
         WHERE operation IN (SELECT operation FROM mass_operations WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)",
        limits::REQUEST_ID_RETENTION,
    ),
    (
        "DELETE FROM floors
         WHERE handle IN (SELECT handle FROM floors WHERE floor < ?1 ORDER BY floor LIMIT ?2)",
        limits::MAX_AUTHENTICATION_AGE,
    ),
    (
        "DELETE FROM matters
         WHERE (handle, dedup_key) IN (
             SELECT handle, dedup_key FROM matters WHERE raised_at < ?1 ORDER BY raised_at LIMIT ?2
         )",
        limits::MAX_DEDUP_WINDOW,
    ),
    (
        "DELETE FROM answers
         WHERE (handle, alert_id) IN (SELECT handle, alert_id FROM answers WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)",
        limits::ANSWER_RETENTION,
    ),
    // A denial and a history store their own expiry.
    (
        "DELETE FROM denied_jwts
         WHERE digest IN (SELECT digest FROM denied_jwts WHERE ends_at < ?1 ORDER BY ends_at LIMIT ?2)",
        Duration::ZERO,
    ),
    (
        "DELETE FROM histories
         WHERE handle IN (SELECT handle FROM histories WHERE keep_until < ?1 ORDER BY keep_until LIMIT ?2)",
        Duration::ZERO,
    ),
];

/// Sweeps the users that are due and, after a mass revocation, all users of the bucket once. Prunes one of the tables
/// that all buckets share. A mass revocation is one step in this engine, so none is ever unfinished.
pub(super) async fn sweep(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<SweepOutcome, EngineError> {
    let mut swept = SweepOutcome::default();
    if limit == 0 {
        return Ok(swept);
    }
    let due = due_users(connection, bucket, now, limit.saturating_add(1)).await?;
    swept.has_more = due.len() > limit;
    for handle in due.iter().take(limit) {
        sweep_user(connection, *handle, now, &mut swept).await?;
    }
    let left = limit.saturating_sub(due.len());
    let mut complete_until = Some(now);
    if let Some(cursor) = load_or_begin_cursor(connection, bucket, now).await? {
        let users = cursor.next_users(connection, left).await?;
        for handle in &users {
            sweep_user(connection, *handle, now, &mut swept).await?;
        }
        complete_until = match cursor.advance(connection, &users, left).await? {
            SweepCursorState::Finished(begun_at) => Some(begun_at),
            SweepCursorState::InProgress => {
                swept.has_more = true;
                None
            }
        };
    }
    swept.complete_until = complete_until.filter(|_| !swept.has_more);
    prune(connection, bucket, now).await?;
    Ok(swept)
}

/// Returns users of a bucket that may have a session whose time is up.
async fn due_users(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<UserHandle>, EngineError> {
    let handles: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT handle FROM users WHERE substr(handle, 1, 1) = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3",
    )
    .bind(&[bucket.0][..])
    .bind(integer(now))
    .bind(count(limit))
    .fetch_all(connection)
    .await?;
    decode_handles(&handles)
}

fn decode_handles(columns: &[Vec<u8>]) -> Result<Vec<UserHandle>, EngineError> {
    columns.iter().map(|column| Ok(UserHandle(fixed_bytes(column)?))).collect()
}

/// Ends the sessions of a user whose time is up, and stores when the user is due again. A user that cannot be read does
/// not delay the rest of the bucket, and is skipped for [`UNREADABLE_RETRY_DELAY`].
async fn sweep_user(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
    swept: &mut SweepOutcome,
) -> Result<(), EngineError> {
    match end_due_sessions(connection, handle, now, swept).await {
        Err(EngineError::Store(error @ StoreError::Corrupt { .. })) => {
            let shown = HEXLOWER.encode(&handle.0);
            let retry_in = UNREADABLE_RETRY_DELAY;
            tracing::error!(handle = shown, %error, ?retry_in, "failed to read a user; skipping it in the sweep");
            postpone(connection, handle, now.plus(UNREADABLE_RETRY_DELAY)).await
        }
        outcome => outcome,
    }
}

/// Ends the due sessions of a user. All reads precede the first write, so a corrupt user has changed nothing.
async fn end_due_sessions(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
    swept: &mut SweepOutcome,
) -> Result<(), EngineError> {
    let Some(user) = UserEntry::find(connection, handle).await? else { return Ok(()) };
    let sessions = user.partition_sessions(connection, &[], now).await?;
    let (covered, others): (Vec<_>, Vec<_>) =
        sessions.ended.into_iter().partition(|(session, ending)| ending.is_covered_by_mass_event(&session.clock));
    swept.events += others.len() as u64;
    swept.ended.extend(user.end(connection, others, now).await?);
    swept.ended.extend(user.end_without_event(connection, covered, now).await?);
    user.update_or_remove(connection, &sessions.live).await
}

async fn postpone(connection: &mut SqliteConnection, handle: UserHandle, until: UnixMillis) -> Result<(), EngineError> {
    sqlx::query("UPDATE users SET due_at = ?2 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(integer(until))
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes rows beyond their retention from the table of the bucket's turn, the oldest first. Generations are never
/// removed.
async fn prune(connection: &mut SqliteConnection, bucket: Bucket, now: UnixMillis) -> Result<(), EngineError> {
    let (statement, age) = PRUNE_STATEMENTS[usize::from(bucket.0) % PRUNE_STATEMENTS.len()];
    sqlx::query(statement).bind(integer(now.minus(age))).bind(PRUNE_BATCH).execute(connection).await?;
    Ok(())
}

/// Schedules a sweep of all users in every bucket. A sweep that has begun is finished, and another one follows.
pub(super) async fn start_all(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    sqlx::query("UPDATE walk_progress SET owes_again = 1").execute(&mut *connection).await?;
    sqlx::query(include_str!("sql/start_sweep_cursors.sql")).execute(connection).await?;
    Ok(())
}

/// A sweep that is not finished. Users added meanwhile need no visit: their sessions have the generation of the
/// revocation.
#[derive(Debug)]
struct SweepCursor {
    bucket: Bucket,
    /// The last visited handle; empty at the beginning.
    visited: Vec<u8>,
    started_at: UnixMillis,
}

/// State of a sweep after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SweepCursorState {
    InProgress,
    /// Every user was visited since this time. Another sweep may follow.
    Finished(UnixMillis),
}

/// Returns the pending sweep of the bucket, if any. It begins `now` unless it has begun.
async fn load_or_begin_cursor(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
) -> Result<Option<SweepCursor>, EngineError> {
    let visited: Option<Vec<u8>> = sqlx::query_scalar("SELECT visited FROM walks WHERE bucket = ?1")
        .bind(bucket.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(visited) = visited else { return Ok(None) };
    sqlx::query("INSERT OR IGNORE INTO walk_progress (bucket, begun_at, owes_again) VALUES (?1, ?2, 0)")
        .bind(bucket.0)
        .bind(integer(now))
        .execute(&mut *connection)
        .await?;
    let begun_at: i64 = sqlx::query_scalar("SELECT begun_at FROM walk_progress WHERE bucket = ?1")
        .bind(bucket.0)
        .fetch_one(connection)
        .await?;
    Ok(Some(SweepCursor { bucket, visited, started_at: time(begun_at) }))
}

impl SweepCursor {
    /// Returns the next users to visit, at most `limit`.
    async fn next_users(
        &self,
        connection: &mut SqliteConnection,
        limit: usize,
    ) -> Result<Vec<UserHandle>, EngineError> {
        let Bucket(first_byte) = self.bucket;
        // Blobs are compared bytewise, and a prefix sorts before the blobs that begin with it.
        let after = if self.visited.is_empty() { vec![first_byte] } else { self.visited.clone() };
        let mut last = [u8::MAX; UserHandle::BYTES];
        last[0] = first_byte;
        let handles: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT handle FROM users WHERE handle > ?1 AND handle <= ?2 ORDER BY handle LIMIT ?3")
                .bind(after)
                .bind(&last[..])
                .bind(count(limit))
                .fetch_all(connection)
                .await?;
        decode_handles(&handles)
    }

    /// Stores that `users`, which were requested with `limit`, have been visited.
    async fn advance(
        self,
        connection: &mut SqliteConnection,
        users: &[UserHandle],
        limit: usize,
    ) -> Result<SweepCursorState, EngineError> {
        if users.len() < limit {
            self.end(connection).await?;
            return Ok(SweepCursorState::Finished(self.started_at));
        }
        if let Some(last) = users.last() {
            sqlx::query("UPDATE walks SET visited = ?2 WHERE bucket = ?1")
                .bind(self.bucket.0)
                .bind(&last.0[..])
                .execute(connection)
                .await?;
        }
        Ok(SweepCursorState::InProgress)
    }

    async fn end(&self, connection: &mut SqliteConnection) -> Result<(), EngineError> {
        let must_repeat: bool = sqlx::query_scalar("DELETE FROM walk_progress WHERE bucket = ?1 RETURNING owes_again")
            .bind(self.bucket.0)
            .fetch_one(&mut *connection)
            .await?;
        let statement = if must_repeat {
            "UPDATE walks SET visited = x'' WHERE bucket = ?1"
        } else {
            "DELETE FROM walks WHERE bucket = ?1"
        };
        sqlx::query(statement).bind(self.bucket.0).execute(connection).await?;
        Ok(())
    }
}
