use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{LostAnswer, alert::AlertGroupPosition, time::millis},
    store::{
        FindingEntry, PresentationOutcome, StoreError, TokenPresentation,
        findings::decode_alerts,
        record::{encode_alert, encode_cause, with_group},
    },
};

/// Implements the store's `present_token`: one script.
pub(super) async fn present_token(
    store: &RedisSessionStore,
    presentation: TokenPresentation,
) -> Result<PresentationOutcome, StoreError> {
    let TokenPresentation { now, session_id, token, rotation, on_reuse } = presentation;
    let handle = session_id.handle;
    let alert = on_reuse.as_ref().map(|ending| encode_alert(&ending.alert)).unwrap_or_default();
    let rules = rotation.as_ref().map(|rotation| rotation.rules).unwrap_or_default();
    let answer: Vec<Value> = store
        .scripts
        .present_token
        .call_for_user(&keys::user_keys(handle), now, b"")
        .arg(&session_id.unique[..])
        .arg(&token.secret.0[..])
        .arg(token.number)
        .arg(u8::from(rotation.is_some()))
        .arg(rotation.as_ref().map(|rotation| &rotation.successor.0[..]).unwrap_or_default())
        .arg(millis(rules.grace))
        .arg(u8::from(rules.lost_answer == LostAnswer::Repeat))
        .arg(rotation.as_ref().map(|rotation| encode_cause(&rotation.cause)).unwrap_or_default())
        .arg(u8::from(on_reuse.is_some()))
        .arg(&alert[..])
        .arg(on_reuse.as_ref().map(|ending| encode_cause(&ending.cause)).unwrap_or_default())
        .run(&store.router)
        .await?;

    let mut reply = ScriptReply::new("presenting a token", answer);
    Ok(match reply.outcome()?.as_str() {
        "current" => PresentationOutcome::Current,
        "accepted" => PresentationOutcome::Accepted,
        "rotated" => {
            let is_new = reply.number()? == 1;
            let (record, clock) = reply.record_and_clock()?;
            PresentationOutcome::Rotated { record: Box::new(record), clock, is_new }
        }
        "superseded" => PresentationOutcome::Superseded,
        "reused" => match reply.list()?.pop() {
            None => PresentationOutcome::Reused(None),
            Some(mut ended) => {
                let group = AlertGroupPosition { position: 1, size: 1 };
                let entry = FindingEntry { alert: with_group(alert, group), count: 1, ..FindingEntry::default() };
                PresentationOutcome::Reused(Some((ended.ended(handle)?, decode_alerts([entry]))))
            }
        },
        "unknown" => PresentationOutcome::Unknown,
        "not_found" => PresentationOutcome::NotFound,
        other => return reply.unknown_outcome(other),
    })
}
