use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply};
use crate::{
    domain::event::Scope,
    store::{StoreError, UserForgetting, UserForgotten, record::encode_cause},
};

/// The store's `forget`: one script.
pub(super) async fn forget(store: &RedisSessionStore, forgetting: UserForgetting) -> Result<UserForgotten, StoreError> {
    let UserForgetting { now, owner, handle, event, cause } = forgetting;
    let answer: Vec<Value> = store
        .scripts
        .forget
        .call_for(&keys::of_user(handle), now, &owner.to_bytes())
        .arg(&event.0[..])
        .arg(Scope::Tenant(owner.tenant).to_bytes())
        .arg(encode_cause(&cause))
        .run(&store.router)
        .await?;

    let mut reply = Reply::new("forgetting a user", answer);
    match reply.outcome()?.as_str() {
        "forgotten" => Ok(UserForgotten { at: reply.time()?, session_ids: reply.revoked(handle)?.session_ids }),
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}
