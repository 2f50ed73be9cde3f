use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{Owner, Session, UnixMillis, UserHandle},
    store::{StoreError, Touch},
};

/// Implements the store's `list`: one script.
pub(super) async fn list(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
    touches: &[Touch],
    now: UnixMillis,
) -> Result<Vec<Session>, StoreError> {
    let mut call = store.scripts.list.call_for_user(&keys::user_keys(handle), now, &owner.to_bytes());
    for touch in touches.iter().filter(|touch| touch.session_id.handle == handle) {
        call = call.arg(&touch.session_id.unique[..]).arg(touch.at.get());
    }
    let answer: Vec<Value> = call.run(&store.router).await?;

    let mut reply = ScriptReply::new("listing sessions", answer);
    match reply.outcome()?.as_str() {
        "listed" => reply.list()?.iter_mut().rev().map(|session| session.session_with_client(owner, handle)).collect(),
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}
