//! Ending what is over.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sqlx::SqliteConnection;

use super::{column, end::end, fault::Fault, prune, user::User, walk};
use crate::{
    domain::{Bucket, Ended, UnixMillis, UserHandle},
    store::{StoreError, Swept},
};

/// How long a user who cannot be read is left before the next attempt.
const UNREADABLE_FOR: Duration = Duration::from_hours(1);

/// Visits users who are due, and, after a mass revocation, all users of the bucket once. Forgets what
/// is too old along the way, in every bucket.
pub(super) async fn sweep(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<Swept, Fault> {
    let due = due_users(connection, bucket, now, limit.saturating_add(1)).await?;
    let mut swept = Swept { ended: Vec::new(), more: due.len() > limit };
    for handle in due.iter().take(limit) {
        swept.ended.extend(visit(connection, *handle, now).await?);
    }
    let left = limit.saturating_sub(due.len());
    if let Some(walk) = walk::pending(connection, bucket).await? {
        let users = walk.users(connection, left).await?;
        for handle in &users {
            swept.ended.extend(visit(connection, *handle, now).await?);
        }
        swept.more |= walk.advance(connection, &users, left).await?;
    }
    prune::prune(connection, now).await?;
    Ok(swept)
}

async fn due_users(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<UserHandle>, Fault> {
    let handles: Vec<Vec<u8>> = sqlx::query_scalar(include_str!("sql/due_users.sql"))
        .bind(&[bucket.0][..])
        .bind(column::integer(now))
        .bind(column::count(limit))
        .fetch_all(connection)
        .await?;
    handles.iter().map(|handle| Ok(UserHandle(column::bytes(handle)?))).collect()
}

/// Ends those of a user's sessions that are over, and notes when to look again. A user who cannot be read
/// does not keep the rest of the bucket waiting, and is left for [`UNREADABLE_FOR`].
async fn visit(connection: &mut SqliteConnection, handle: UserHandle, now: UnixMillis) -> Result<Vec<Ended>, Fault> {
    match end_over(connection, handle, now).await {
        Err(Fault::Store(error @ StoreError::Corrupt { .. })) => {
            let shown = HEXLOWER.encode(&handle.0);
            tracing::error!(handle = shown, %error, "a user cannot be read; the sweep goes on without");
            put_off(connection, handle, now.plus(UNREADABLE_FOR)).await?;
            Ok(Vec::new())
        }
        outcome => outcome,
    }
}

/// Everything is read before the first write, so that what is corrupt has changed nothing.
async fn end_over(connection: &mut SqliteConnection, handle: UserHandle, now: UnixMillis) -> Result<Vec<Ended>, Fault> {
    let Some(user) = User::stored(connection, handle).await? else { return Ok(Vec::new()) };
    let survey = user.survey(connection, &[], now).await?;
    let ended = end(connection, &user, survey.over, now).await?;
    user.settle(connection, &survey.live).await?;
    Ok(ended)
}

async fn put_off(connection: &mut SqliteConnection, handle: UserHandle, until: UnixMillis) -> Result<(), Fault> {
    sqlx::query("UPDATE users SET due_at = ?2 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(column::integer(until))
        .execute(connection)
        .await?;
    Ok(())
}
