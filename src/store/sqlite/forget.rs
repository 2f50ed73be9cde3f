//! Forgetting a user.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    fault::Fault,
    floors, outbox,
    survey::Ending,
    user::User,
};
use crate::{
    domain::{EndReason, EventKind, event::Scope},
    store::{Revoked, UserForgetting},
};

/// What is kept of a user besides sessions and the floor.
const KEPT: [&str; 5] = [
    "DELETE FROM tombstones WHERE handle = ?1",
    "DELETE FROM requests WHERE handle = ?1",
    "DELETE FROM operations WHERE handle = ?1",
    "DELETE FROM histories WHERE handle = ?1",
    "DELETE FROM matters WHERE handle = ?1",
];

/// Answers most recently active first.
pub(super) async fn forget(connection: &mut SqliteConnection, forgetting: UserForgetting) -> Result<Revoked, Fault> {
    let UserForgetting { now, owner, handle, event, cause } = forgetting;
    let user = User::admit(connection, handle, &owner).await?;
    let survey = user.survey(connection, &[], now).await?;
    end(connection, &user, survey.over, now).await?;
    let ending = Ending { reason: EndReason::RevokedAll, at: now, cause: cause.clone() };
    let ended = end_all(connection, &user, survey.live.into_iter().rev(), &ending).await?;
    user.settle(connection, &[]).await?;

    floors::raise(connection, handle, now).await?;
    for statement in KEPT {
        sqlx::query(statement).bind(&handle.0[..]).execute(&mut *connection).await?;
    }
    let entry = outbox::of_scope(EventKind::UserForgotten, event, &Scope::Tenant(owner.tenant), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(Revoked { session_ids: ended.into_iter().map(|ended| ended.session_id).collect() })
}
