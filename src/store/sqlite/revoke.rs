//! Ending sessions by name.

use sqlx::SqliteConnection;

use super::{
    end::end,
    fault::Fault,
    findings, histories, session_rows,
    survey::{Ending, Standing},
    user::User,
};
use crate::{
    domain::{Ended, LoginHistory, SecretHash, history::CompromisedSession},
    store::{Revocation, RevokeTarget, record},
};

/// What is over is ended on the way, and not answered.
pub(super) async fn revoke(connection: &mut SqliteConnection, revocation: Revocation) -> Result<Vec<Ended>, Fault> {
    let Revocation { now, target, guard, is_compromised, reason, cause } = revocation;
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
    if is_compromised {
        distrust(connection, &user, chosen.iter().map(|(session, _)| session)).await?;
    }
    let over = end(connection, &user, survey.over, now).await?;
    let ended = end(connection, &user, chosen, now).await?;
    if !over.is_empty() || !ended.is_empty() {
        user.settle(connection, &staying).await?;
    }
    Ok(ended)
}

/// Takes what the sessions introduced out of the user's history. One whose record cannot be read introduced nothing that
/// is known.
async fn distrust(
    connection: &mut SqliteConnection,
    user: &User,
    sessions: impl Iterator<Item = &Standing>,
) -> Result<(), Fault> {
    let mut compromised = Vec::new();
    for session in sessions {
        let id = user.session_id(session);
        if let Ok((record, _)) = record::decode(&session_rows::record(connection, id).await?) {
            compromised.push(CompromisedSession::new(id, record.created_at, session.clock.device));
        }
    }
    if compromised.is_empty() {
        return Ok(());
    }
    let clean = |history| compromised.iter().fold(history, LoginHistory::without);
    histories::change(connection, user.handle, clean).await?;
    findings::allow_again(connection, user.handle).await
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
