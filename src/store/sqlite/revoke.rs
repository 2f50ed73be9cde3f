//! Ending sessions by name.

use sqlx::SqliteConnection;

use super::{
    end::end,
    fault::Fault,
    session_rows,
    survey::{Ending, Standing},
    user::User,
};
use crate::{
    domain::{Ended, SecretHash},
    store::{Revocation, RevokeTarget, record},
};

/// What is over is ended on the way, and not answered.
pub(super) async fn revoke(connection: &mut SqliteConnection, revocation: Revocation) -> Result<Vec<Ended>, Fault> {
    let Revocation { now, target, guard, reason, cause } = revocation;
    let handle = match target {
        RevokeTarget::Session(id) => id.handle,
        RevokeTarget::Device { handle, .. } => handle,
    };
    let Some(user) = User::stored(connection, handle).await?.filter(|user| guard.admits(&user.owner)) else {
        return Ok(Vec::new());
    };
    let survey = user.survey(connection, &[], now).await?;
    let (mut chosen, mut staying) = (Vec::new(), Vec::new());
    for session in survey.live {
        let named = match target {
            RevokeTarget::Session(id) => session.unique == id.unique,
            RevokeTarget::Device { device, .. } => session.clock.device == device,
        };
        if named && has_secret(connection, &user, &session, guard.secret).await? {
            let ending = Ending { reason, at: now, cause: cause.clone() };
            chosen.push((session, ending));
        } else {
            staying.push(session);
        }
    }
    let over = end(connection, &user, survey.over, now).await?;
    let ended = end(connection, &user, chosen, now).await?;
    if !over.is_empty() || !ended.is_empty() {
        user.settle(connection, &staying).await?;
    }
    Ok(ended)
}

/// Whether the session has the secret that is asked for, if one is.
async fn has_secret(
    connection: &mut SqliteConnection,
    user: &User,
    session: &Standing,
    asked: Option<SecretHash>,
) -> Result<bool, Fault> {
    let Some(asked) = asked else { return Ok(true) };
    let (record, _) = record::decode(&session_rows::record(connection, user.session_id(session)).await?)?;
    Ok(record.secret == asked)
}
