//! Cursor of the sweep of all users of a bucket after a mass revocation.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError};
use crate::domain::{Bucket, UnixMillis, UserHandle};

/// Schedules a sweep of all users in every bucket. A sweep that has begun is finished, and another one follows.
pub(super) async fn start_all(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    sqlx::query("UPDATE walk_progress SET owes_again = 1").execute(&mut *connection).await?;
    sqlx::query(include_str!("sql/start_sweep_cursors.sql")).execute(connection).await?;
    Ok(())
}

/// A sweep that is not finished. Users added meanwhile need no visit: their sessions have the generation of the
/// revocation.
#[derive(Debug)]
pub(super) struct SweepCursor {
    bucket: Bucket,
    /// The last visited handle; empty at the beginning.
    visited: Vec<u8>,
    started_at: UnixMillis,
}

/// State of a sweep after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SweepCursorState {
    InProgress,
    /// Every user was visited since this time. Another sweep may follow.
    Finished(UnixMillis),
}

/// Returns the pending sweep of the bucket, if any. It begins `now` unless it has begun.
pub(super) async fn load_or_begin(
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
        .bind(column::integer(now))
        .execute(&mut *connection)
        .await?;
    let begun_at: i64 = sqlx::query_scalar("SELECT begun_at FROM walk_progress WHERE bucket = ?1")
        .bind(bucket.0)
        .fetch_one(connection)
        .await?;
    Ok(Some(SweepCursor { bucket, visited, started_at: column::time(begun_at) }))
}

impl SweepCursor {
    /// Returns the next users to visit, at most `limit`.
    pub(super) async fn next_users(
        &self,
        connection: &mut SqliteConnection,
        limit: usize,
    ) -> Result<Vec<UserHandle>, EngineError> {
        let Bucket(first_byte) = self.bucket;
        // Blobs are compared bytewise, and a prefix sorts before the blobs that begin with it.
        let after = if self.visited.is_empty() { vec![first_byte] } else { self.visited.clone() };
        let mut last = [u8::MAX; UserHandle::BYTES];
        last[0] = first_byte;
        let handles: Vec<Vec<u8>> = sqlx::query_scalar(include_str!("sql/users_after.sql"))
            .bind(after)
            .bind(&last[..])
            .bind(column::count(limit))
            .fetch_all(connection)
            .await?;
        handles.iter().map(|handle| Ok(UserHandle(column::bytes(handle)?))).collect()
    }

    /// Stores that `users`, which were requested with `limit`, have been visited.
    pub(super) async fn advance(
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
