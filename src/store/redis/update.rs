use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::store::{
    SessionUpdate, StoreError, UpdateOutcome,
    record::{encode, encode_cause, encode_rotation},
};

/// Implements the store's `update`: one script.
pub(super) async fn update(store: &RedisSessionStore, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
    let SessionUpdate { now, session, expected_revision, new_token, cause } = update;
    let before = new_token.as_ref().map(|replacement| encode_rotation(replacement.before.as_ref()));
    let answer: Vec<Value> = store
        .scripts
        .update
        .call_for_user(&keys::user_keys(session.id.handle), now, &session.owner.to_bytes())
        .arg(&session.id.unique[..])
        .arg(expected_revision)
        .arg(encode(&session.record, 0)?)
        .arg(encode_cause(&cause))
        .arg(u8::from(before.is_some()))
        .arg(before.unwrap_or_default())
        .run(&store.router)
        .await?;

    let mut reply = ScriptReply::new("updating a session", answer);
    match reply.outcome()?.as_str() {
        "updated" => Ok(UpdateOutcome::Updated),
        "conflict" => Ok(UpdateOutcome::Conflict { current: u32::try_from(reply.number()?).unwrap_or(u32::MAX) }),
        "not_found" => Ok(UpdateOutcome::NotFound),
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}
