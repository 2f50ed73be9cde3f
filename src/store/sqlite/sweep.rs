//! Ending what is over.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sqlx::SqliteConnection;

use super::{
    column,
    end::{end, end_silently},
    fault::Fault,
    prune,
    survey::{Ending, Standing},
    user::User,
    walk::{self, WalkState},
};
use crate::{
    domain::{Bucket, EndReason, UnixMillis, UserHandle},
    store::{StoreError, Swept},
};

/// How long a user who cannot be read is left before the next attempt.
const UNREADABLE_FOR: Duration = Duration::from_hours(1);

/// Visits users who are due, and, after a mass revocation, all users of the bucket once. Forgets what
/// is too old along the way, in every bucket. A mass revocation is one step here, so none is ever unfinished.
pub(super) async fn sweep(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<Swept, Fault> {
    let mut swept = Swept::default();
    if limit == 0 {
        return Ok(swept);
    }
    let due = due_users(connection, bucket, now, limit.saturating_add(1)).await?;
    swept.more = due.len() > limit;
    for handle in due.iter().take(limit) {
        visit(connection, *handle, now, &mut swept).await?;
    }
    let left = limit.saturating_sub(due.len());
    let mut complete_until = Some(now);
    if let Some(walk) = walk::pending(connection, bucket, now).await? {
        let users = walk.users(connection, left).await?;
        for handle in &users {
            visit(connection, *handle, now, &mut swept).await?;
        }
        complete_until = match walk.advance(connection, &users, left).await? {
            WalkState::Ended(begun_at) => Some(begun_at),
            WalkState::UnderWay => {
                swept.more = true;
                None
            }
        };
    }
    swept.complete_until = complete_until.filter(|_| !swept.more);
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
async fn visit(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
    swept: &mut Swept,
) -> Result<(), Fault> {
    match end_over(connection, handle, now, swept).await {
        Err(Fault::Store(error @ StoreError::Corrupt { .. })) => {
            let shown = HEXLOWER.encode(&handle.0);
            tracing::error!(handle = shown, %error, "a user cannot be read; the sweep goes on without");
            put_off(connection, handle, now.plus(UNREADABLE_FOR)).await
        }
        outcome => outcome,
    }
}

/// Everything is read before the first write, so that what is corrupt has changed nothing.
async fn end_over(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
    swept: &mut Swept,
) -> Result<(), Fault> {
    let Some(user) = User::stored(connection, handle).await? else { return Ok(()) };
    let survey = user.survey(connection, &[], now).await?;
    // The event of a mass revocation tells of the sessions that were stored before it, as they certainly were if they
    // were last active before.
    let is_told = |(session, ending): &(Standing, Ending)| {
        ending.reason == EndReason::RevokedAll && session.clock.last_active < ending.at
    };
    let (told, others): (Vec<_>, Vec<_>) = survey.over.into_iter().partition(is_told);
    swept.events += others.len() as u64;
    swept.ended.extend(end(connection, &user, others, now).await?);
    swept.ended.extend(end_silently(connection, &user, told, now).await?);
    user.settle(connection, &survey.live).await
}

async fn put_off(connection: &mut SqliteConnection, handle: UserHandle, until: UnixMillis) -> Result<(), Fault> {
    sqlx::query("UPDATE users SET due_at = ?2 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(column::integer(until))
        .execute(connection)
        .await?;
    Ok(())
}
