//! Forgetting a user.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    fault::Fault,
    floors, outbox, session_rows,
    survey::Ending,
    user::User,
};
use crate::{
    domain::{EndReason, EventKind, UnixMillis, event::Scope},
    store::{UserForgetting, UserForgotten, record},
};

/// What is kept of a user besides sessions and the floor.
const KEPT: [&str; 5] = [
    "DELETE FROM tombstones WHERE handle = ?1",
    "DELETE FROM requests WHERE handle = ?1",
    "DELETE FROM operations WHERE handle = ?1",
    "DELETE FROM histories WHERE handle = ?1",
    "DELETE FROM matters WHERE handle = ?1",
];

/// When the latest of the user's sessions began, which a clock that was ahead may have put after now.
async fn latest_start(connection: &mut SqliteConnection, user: &User) -> Result<UnixMillis, Fault> {
    let records = session_rows::records(connection, user.handle).await?;
    let starts = records.iter().filter_map(|(_, bytes)| Some(record::decode(bytes).ok()?.0.created_at));
    Ok(starts.max().unwrap_or_default())
}

/// Answers most recently active first.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    forgetting: UserForgetting,
) -> Result<UserForgotten, Fault> {
    let UserForgetting { now, owner, handle, event, cause } = forgetting;
    let user = User::admit(connection, handle, &owner).await?;
    let at = latest_start(connection, &user).await?.max(now);
    let survey = user.survey(connection, &[], now).await?;
    end(connection, &user, survey.over, now).await?;
    let ending = Ending { reason: EndReason::RevokedAll, at: now, cause: cause.clone() };
    let ended = end_all(connection, &user, survey.live.into_iter().rev(), &ending).await?;
    user.settle(connection, &[]).await?;

    floors::raise(connection, handle, at).await?;
    for statement in KEPT {
        sqlx::query(statement).bind(&handle.0[..]).execute(&mut *connection).await?;
    }
    let entry = outbox::of_scope(EventKind::UserForgotten, event, &Scope::Tenant(owner.tenant), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(UserForgotten { at, session_ids: ended.into_iter().map(|ended| ended.session_id).collect() })
}
