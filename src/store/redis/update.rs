use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply};
use crate::store::{
    StoreError, Update, UpdateOutcome,
    record::{encode, encode_cause},
};

/// The store's `update`: one script.
pub(super) async fn update(store: &RedisSessionStore, update: Update) -> Result<UpdateOutcome, StoreError> {
    let Update { now, session, expected_revision, cause } = update;
    let answer: Vec<Value> = store
        .scripts
        .update
        .call_for(&keys::of_user(session.id.handle), now, &session.owner.to_bytes())
        .arg(&session.id.unique[..])
        .arg(expected_revision)
        .arg(encode(&session.record, 0)?)
        .arg(encode_cause(&cause))
        .run(&store.router)
        .await?;

    let mut reply = Reply::new("updating a session", answer);
    match reply.outcome()?.as_str() {
        "updated" => Ok(UpdateOutcome::Updated),
        "conflict" => Ok(UpdateOutcome::Conflict { current: u32::try_from(reply.number()?).unwrap_or(u32::MAX) }),
        "gone" => Ok(UpdateOutcome::Gone),
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}
