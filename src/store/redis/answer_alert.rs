use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{
        EventId, SessionId,
        alert::{AlertGroupPosition, AlertVerdict},
        event::RevocationScope,
        time::millis,
    },
    store::{
        AlertAnswer, AnswerOutcome, FindingEntry, StoreError,
        findings::decode_alerts,
        record::{encode_alert, encode_cause, encode_history, with_group},
    },
};

const OPERATION: &str = "answering an alert";

/// Implements the store's `answer_alert`: one script.
pub(super) async fn answer_alert(store: &RedisSessionStore, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError> {
    let AlertAnswer { now, owner, handle, acknowledged, session, history, alert, revocation, cause } = answer;
    let encoded = encode_alert(&alert);
    let call = store
        .scripts
        .answer_alert
        .call_for_user(&keys::user_keys(handle), now, &owner.to_bytes())
        .arg(&acknowledged.alert.0[..])
        .arg(acknowledged.verdict.code())
        .arg(session.as_ref().map(|id| &id.unique[..]).unwrap_or_default())
        .arg(encode_history(&history.history))
        .arg(history.expected_version.map(|version| version.to_string()).unwrap_or_default())
        .arg(millis(history.keep_for))
        .arg(&EventId::from_acknowledgement(acknowledged).0[..])
        .arg(RevocationScope::User(owner).to_bytes())
        .arg(&revocation.0[..])
        .arg(encode_cause(&cause))
        .arg(&encoded[..]);
    let reply: Vec<Value> = call.run(&store.router).await?;

    let mut reply = ScriptReply::new(OPERATION, reply);
    Ok(match reply.outcome()?.as_str() {
        "recorded" => {
            let ended = reply.list()?.iter_mut().map(|ended| ended.ended(handle)).collect::<Result<_, _>>()?;
            let group = AlertGroupPosition { position: 1, size: 1 };
            let entry = FindingEntry { alert: with_group(encoded, group), count: 1, ..FindingEntry::default() };
            AnswerOutcome::Recorded { ended, alerts: decode_alerts([entry]) }
        }
        "repeated" => {
            let ended = reply.bytes()?;
            let (uniques, _) = ended.as_chunks::<{ SessionId::UNIQUE_BYTES }>();
            let session_ids = uniques.iter().map(|unique| SessionId { handle, unique: *unique }).collect();
            AnswerOutcome::Repeated { session_ids }
        }
        "conflicting" => {
            let known = u8::try_from(reply.number()?).ok().and_then(AlertVerdict::from_code);
            AnswerOutcome::Conflicting(known.ok_or_else(|| StoreError::corrupt(OPERATION, "unknown verdict"))?)
        }
        "history_conflict" => AnswerOutcome::HistoryConflict,
        "collision" => return Err(StoreError::HandleCollision),
        other => return reply.unknown_outcome(other),
    })
}
