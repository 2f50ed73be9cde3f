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
            let marks = reply.list()?.into_iter().map(mark).collect::<Result<Vec<_>, _>>()?;
            let mut history = marks.iter().flatten().fold(history, LoginHistory::without);
            // After the sessions, which are found by their logins.
            if marks.contains(&None) {
                history = history.without_unconfirmed();
            }
            Ok(Acquaintance { version, history, live })
        }
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}

/// A compromised session that the history may have learned from; `None` stands for all logins that are not confirmed.
fn mark(mut reply: Reply) -> Result<Option<CompromisedSession>, StoreError> {
    let (session, details) = (reply.array()?, reply.bytes()?);
    let Some((began_at, device)) = details.split_first_chunk::<6>() else { return Ok(None) };
    let device = device.try_into().map_err(|_| {
        StoreError::corrupt("reading what is known of a user", "the mark of a compromised session is cut off")
    })?;
    let started_at = UnixMillis::new(began_at.iter().fold(0, |time, byte| (time << 8) | u64::from(*byte)));
    Ok(Some(CompromisedSession { session, started_at, device }))
}
