use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::event::RevocationScope,
    store::{StoreError, UserErasure, UserErasureOutcome, record::encode_cause},
};

/// Implements the store's `forget_user`: one script.
pub(super) async fn forget(
    store: &RedisSessionStore,
    forgetting: UserErasure,
) -> Result<UserErasureOutcome, StoreError> {
    let UserErasure { now, owner, handle, event, cause } = forgetting;
    let answer: Vec<Value> = store
        .scripts
        .forget
        .call_for_user(&keys::user_keys(handle), now, &owner.to_bytes())
        .arg(&event.0[..])
        .arg(RevocationScope::Tenant(owner.tenant).to_bytes())
        .arg(encode_cause(&cause))
        .run(&store.router)
        .await?;

    let mut reply = ScriptReply::new("forgetting a user", answer);
    match reply.outcome()?.as_str() {
        "forgotten" => Ok(UserErasureOutcome { at: reply.time()?, session_ids: reply.revoked(handle)?.session_ids }),
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}
