use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply};
use crate::{
    domain::{Owner, UnixMillis, UserHandle},
    store::{Acquaintance, StoreError, findings::readable_history},
};

/// The store's `acquaint`: one script.
pub(super) async fn acquaint(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<Acquaintance, StoreError> {
    let call = store.scripts.acquaint.call_for(&keys::of_user(handle), now, &owner.to_bytes());
    let answer: Vec<Value> = call.run(&store.router).await?;

    let mut reply = Reply::new("reading what is known of a user", answer);
    match reply.outcome()?.as_str() {
        "acquainted" => {
            let version = reply.number()?;
            let history = readable_history(&reply.bytes()?);
            let read = |mut session: Reply| {
                let session = session.session(owner, handle);
                session.inspect_err(|error| tracing::warn!(%error, "a live session cannot be read")).ok()
            };
            let live = reply.list()?.into_iter().rev().filter_map(read).collect();
            Ok(Acquaintance { version, history, live })
        }
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}
