use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply};
use crate::{
    domain::{LoginHistory, Owner, UnixMillis, UserHandle, history::CompromisedSession},
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
            let history = reply.list()?.into_iter().try_fold(history, cleaned)?;
            Ok(Acquaintance { version, history, live })
        }
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}

/// The history without what a marked session showed.
fn cleaned(history: LoginHistory, mut mark: Reply) -> Result<LoginHistory, StoreError> {
    let (session, details) = (mark.array()?, mark.bytes()?);
    let Some((began_at, device)) = details.split_first_chunk::<6>() else { return Ok(history.without_unconfirmed()) };
    let device = device.try_into().map_err(|_| {
        StoreError::corrupt("reading what is known of a user", "the mark of a compromised session is cut off")
    })?;
    let started_at = UnixMillis::new(began_at.iter().fold(0, |time, byte| time << 8 | u64::from(*byte)));
    Ok(history.without(&CompromisedSession { session, started_at, device }))
}
