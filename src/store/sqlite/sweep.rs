//! Sweep: ends sessions whose time is up.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sqlx::SqliteConnection;

use super::{
    column,
    end::{end, end_without_event},
    engine_error::EngineError,
    prune,
    sweep_cursor::{self, SweepCursorState},
    user::UserEntry,
};
use crate::{
    domain::{Bucket, UnixMillis, UserHandle},
    store::{StoreError, SweepOutcome},
};

/// Time until the next attempt for a user that cannot be read.
const UNREADABLE_RETRY_DELAY: Duration = Duration::from_hours(1);

/// Sweeps the users that are due and, after a mass revocation, all users of the bucket once. Prunes every bucket on the
/// way. A mass revocation is one step in this engine, so none is ever unfinished.
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
    if let Some(cursor) = sweep_cursor::load_or_begin(connection, bucket, now).await? {
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
    prune::prune(connection, now).await?;
    Ok(swept)
}

async fn due_users(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<UserHandle>, EngineError> {
    let handles: Vec<Vec<u8>> = sqlx::query_scalar(include_str!("sql/due_users.sql"))
        .bind(&[bucket.0][..])
        .bind(column::integer(now))
        .bind(column::count(limit))
        .fetch_all(connection)
        .await?;
    handles.iter().map(|handle| Ok(UserHandle(column::bytes(handle)?))).collect()
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
    swept.ended.extend(end(connection, &user, others, now).await?);
    swept.ended.extend(end_without_event(connection, &user, covered, now).await?);
    user.update_or_remove(connection, &sessions.live).await
}

async fn postpone(connection: &mut SqliteConnection, handle: UserHandle, until: UnixMillis) -> Result<(), EngineError> {
    sqlx::query("UPDATE users SET due_at = ?2 WHERE handle = ?1")
        .bind(&handle.0[..])
        .bind(column::integer(until))
        .execute(connection)
        .await?;
    Ok(())
}
