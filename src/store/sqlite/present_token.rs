//! Presentation of a token: its first use, its rotation, or the end of its session.

use sqlx::SqliteConnection;

use super::{
    findings,
    transaction::EngineError,
    users::{self, UserEntry},
};
use crate::{
    domain::{EndReason, EventKind, UnixMillis},
    store::{
        PresentationOutcome, ReuseEnding, StoreError, TokenPresentation, record,
        rules::{
            liveness::{EndingDetails, SessionHead},
            presentation::{PresentationEffect, presentation_effect},
        },
    },
};

/// Decides what the token is to its session, and acts on it.
pub(super) async fn present_token(
    connection: &mut SqliteConnection,
    presentation: TokenPresentation,
) -> Result<PresentationOutcome, EngineError> {
    let TokenPresentation { now, session_id, token, rotation, on_reuse } = presentation;
    let Some(user) = UserEntry::find(connection, session_id.handle).await? else {
        return Ok(PresentationOutcome::NotFound);
    };
    let mut sessions = user.partition_sessions(connection, &[], now).await?;
    let Some(position) = sessions.live.iter().position(|session| session.unique == session_id.unique) else {
        user.end(connection, sessions.ended, now).await?;
        user.update_or_remove(connection, &sessions.live).await?;
        return Ok(PresentationOutcome::NotFound);
    };
    let mut head = sessions.live.remove(position);
    let (stored, generation) = record::decode(&users::load_record(connection, session_id).await?)?;
    Ok(match presentation_effect(&stored, token, rotation.as_ref(), now) {
        PresentationEffect::Current => PresentationOutcome::Current,
        PresentationEffect::NoteUse(noted) => {
            users::update_record(connection, session_id, &record::encode(&noted, generation)?).await?;
            PresentationOutcome::Current
        }
        PresentationEffect::Rotate(rotated) => {
            let encoded = record::encode(&rotated, generation)?;
            users::update_record(connection, session_id, &encoded).await?;
            head.apply_touch(now);
            users::update_touched_clocks(connection, user.handle, std::slice::from_ref(&head)).await?;
            let cause = rotation.map(|rotation| rotation.cause).unwrap_or_default();
            user.append_event(connection, EventKind::Rotated, &head, encoded, now, &cause).await?;
            PresentationOutcome::Rotated { record: rotated, clock: head.clock, is_new: true }
        }
        PresentationEffect::RepeatRotation => {
            PresentationOutcome::Rotated { record: Box::new(stored), clock: head.clock, is_new: false }
        }
        PresentationEffect::Accept => PresentationOutcome::Accepted,
        PresentationEffect::Supersede => PresentationOutcome::Superseded,
        PresentationEffect::End => match on_reuse {
            None => PresentationOutcome::Reused(None),
            Some(ending) => {
                user.end(connection, sessions.ended, now).await?;
                let outcome = end_reused(connection, &user, head, *ending, now).await?;
                user.update_or_remove(connection, &sessions.live).await?;
                outcome
            }
        },
        PresentationEffect::Unknown => PresentationOutcome::Unknown,
    })
}

/// Ends the session and raises the alert.
async fn end_reused(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    head: SessionHead,
    ending: ReuseEnding,
    now: UnixMillis,
) -> Result<PresentationOutcome, EngineError> {
    let ReuseEnding { alert, cause } = ending;
    let details = EndingDetails { reason: EndReason::TokenReused, at: now, cause, is_mass_revocation: false };
    let ended = user.end_all(connection, [head], &details).await?.pop();
    let ended = ended.ok_or_else(|| StoreError::corrupt("presenting a token", "the session did not end"))?;
    let alerts = findings::raise_alert(connection, user.handle, &alert).await?;
    Ok(PresentationOutcome::Reused(Some((ended, alerts))))
}
