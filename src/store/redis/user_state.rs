use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{LoginHistory, Owner, UnixMillis, UserHandle, history::CompromisedSession},
    store::{StoreError, UserState, findings::decode_history_or_default},
};

/// Implements the store's `load_user_state`: one script.
pub(super) async fn load_user_state(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<UserState, StoreError> {
    let call = store.scripts.load_user_state.call_for_user(&keys::user_keys(handle), now, &owner.to_bytes());
    let answer: Vec<Value> = call.run(&store.router).await?;

    let mut reply = ScriptReply::new("loading a user's state", answer);
    match reply.outcome()?.as_str() {
        "loaded" => {
            let version = reply.number()?;
            let history = decode_history_or_default(&reply.bytes()?);
            let read = |mut session: ScriptReply| {
                let session = session.session(owner, handle);
                session.inspect_err(|error| tracing::warn!(%error, "failed to decode a live session; skipping it")).ok()
            };
            let live = reply.list()?.into_iter().rev().filter_map(read).collect();
            let marks = reply.list()?.into_iter().map(parse_compromise_mark).collect::<Result<Vec<_>, _>>()?;
            let mut history = marks.iter().flatten().fold(history, LoginHistory::without_compromised);
            // After the compromised sessions, which are found by their logins.
            if marks.contains(&None) {
                history = history.without_unconfirmed();
            }
            Ok(UserState { version, history, live_sessions: live })
        }
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}

/// Parses the mark of a compromised session that the history may have learned from. `None` stands for all unconfirmed
/// logins.
fn parse_compromise_mark(mut reply: ScriptReply) -> Result<Option<CompromisedSession>, StoreError> {
    let (session, details) = (reply.array()?, reply.bytes()?);
    let Some((began_at, device)) = details.split_first_chunk::<6>() else { return Ok(None) };
    let device = device
        .try_into()
        .map_err(|_| StoreError::corrupt("loading a user's state", "truncated compromised-session mark"))?;
    let started_at = UnixMillis::new(began_at.iter().fold(0, |time, byte| (time << 8) | u64::from(*byte)));
    Ok(Some(CompromisedSession { session, started_at, device }))
}
