//! The way through all users of a bucket that a mass revocation sends the sweep on.

use sqlx::SqliteConnection;

use super::{column, fault::Fault};
use crate::domain::{Bucket, UserHandle};

/// A walk that is not done. Users who come in meanwhile need no visit: their sessions are stamped with
/// the generation of the revocation.
#[derive(Debug)]
pub(super) struct Walk {
    bucket: Bucket,
    /// The handle that was visited last; empty at the beginning.
    visited: Vec<u8>,
}

/// The walk that the bucket has still to make, if it has.
pub(super) async fn pending(connection: &mut SqliteConnection, bucket: Bucket) -> Result<Option<Walk>, Fault> {
    let visited: Option<Vec<u8>> = sqlx::query_scalar("SELECT visited FROM walks WHERE bucket = ?1")
        .bind(bucket.0)
        .fetch_optional(connection)
        .await?;
    Ok(visited.map(|visited| Walk { bucket, visited }))
}

impl Walk {
    /// The next users on the way, at most `limit`.
    pub(super) async fn users(
        &self,
        connection: &mut SqliteConnection,
        limit: usize,
    ) -> Result<Vec<UserHandle>, Fault> {
        let Bucket(first_byte) = self.bucket;
        // Blobs compare like their bytes, and a shorter one goes before those that it begins.
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

    /// Notes that `users`, asked for with `limit`, were visited. Answers whether there is more to walk.
    pub(super) async fn advance(
        self,
        connection: &mut SqliteConnection,
        users: &[UserHandle],
        limit: usize,
    ) -> Result<bool, Fault> {
        if users.len() < limit {
            sqlx::query("DELETE FROM walks WHERE bucket = ?1").bind(self.bucket.0).execute(connection).await?;
            return Ok(false);
        }
        if let Some(last) = users.last() {
            sqlx::query("UPDATE walks SET visited = ?2 WHERE bucket = ?1")
                .bind(self.bucket.0)
                .bind(&last.0[..])
                .execute(connection)
                .await?;
        }
        Ok(true)
    }
}
