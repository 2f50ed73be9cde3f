//! Ending all of a user's sessions.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    fault::Fault,
    findings, floors, histories, operations, outbox,
    survey::Ending,
    user::User,
};
use crate::{
    domain::{EndReason, EventKind, LoginHistory, event::Scope},
    store::{Revoked, UserRevocation},
};

/// Answers most recently active first.
pub(super) async fn revoke_all(
    connection: &mut SqliteConnection,
    revocation: UserRevocation,
) -> Result<Revoked, Fault> {
    let UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause } = revocation;
    let user = User::admit(connection, handle, &owner).await?;
    if let Some(session_ids) = operations::known(connection, handle, operation, now).await? {
        return Ok(Revoked { session_ids });
    }
    let survey = user.survey(connection, &[], now).await?;
    let (staying, leaving): (Vec<_>, Vec<_>) =
        survey.live.into_iter().partition(|session| except == Some(user.session_id(session)));

    if is_compromised {
        histories::change(connection, handle, LoginHistory::without_unconfirmed).await?;
        findings::allow_again(connection, handle).await?;
    }
    end(connection, &user, survey.over, now).await?;
    let ending = Ending { reason: EndReason::RevokedAll, at: now, cause: cause.clone() };
    let ended = end_all(connection, &user, leaving.into_iter().rev(), &ending).await?;
    user.settle(connection, &staying).await?;
    let session_ids: Vec<_> = ended.into_iter().map(|ended| ended.session_id).collect();

    floors::raise(connection, handle, now).await?;
    operations::put(connection, handle, operation, &session_ids, now).await?;
    let entry = outbox::of_scope(EventKind::RevokedAll, event, &Scope::User(owner), now, &cause);
    outbox::append(connection, handle.bucket(), &entry).await?;
    Ok(Revoked { session_ids })
}
