use redis::Value;

use super::{RedisSessionStore, keys, reply::ScriptReply};
use crate::{
    domain::{SessionEnding, UserId, event::RevocationScope},
    store::{RevocationTarget, RevokedSessions, SessionRevocation, StoreError, UserRevocation, record::encode_cause},
};

/// Implements the store's `revoke`: one script.
pub(super) async fn revoke(
    store: &RedisSessionStore,
    revocation: SessionRevocation,
) -> Result<Vec<SessionEnding>, StoreError> {
    let SessionRevocation { now, target, guard, is_compromised, reason, cause } = revocation;
    let (handle, by, target) = match target {
        RevocationTarget::Session(id) => (id.handle, "session", id.unique),
        RevocationTarget::Device { handle, device } => (handle, "device", device),
    };
    let mut call = store
        .scripts
        .revoke
        .call_for_user(&keys::user_keys(handle), now, b"")
        .arg(by)
        .arg(&target[..])
        .arg(guard.user.as_ref().map(UserId::as_str).unwrap_or_default())
        .arg(guard.secret.as_ref().map(|secret| &secret.0[..]).unwrap_or_default())
        .arg(encode_cause(&cause))
        .arg(reason.code())
        .arg(u8::from(is_compromised))
        .arg(u8::from(guard.tenants.is_none()));
    for tenant in guard.tenants.iter().flatten() {
        call = call.arg(tenant.as_str());
    }
    let ended: Vec<Vec<Value>> = call.run(&store.router).await?;
    ended.into_iter().map(|parts| ScriptReply::new("revoking a session", parts).ended(handle)).collect()
}

/// Implements the store's `revoke_all`: one script.
pub(super) async fn revoke_all(
    store: &RedisSessionStore,
    revocation: UserRevocation,
) -> Result<RevokedSessions, StoreError> {
    let UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause } = revocation;
    let identity = owner.to_bytes();
    let answer: Vec<Value> = store
        .scripts
        .revoke_all
        .call_for_user(&keys::user_keys(handle), now, &identity)
        .arg(except.as_ref().map(|id| &id.unique[..]).unwrap_or_default())
        .arg(&operation[..])
        .arg(&event.0[..])
        .arg(RevocationScope::User(owner).to_bytes())
        .arg(encode_cause(&cause))
        .arg(u8::from(is_compromised))
        .run(&store.router)
        .await?;

    let mut reply = ScriptReply::new("revoking a user's sessions", answer);
    match reply.outcome()?.as_str() {
        "revoked" => reply.revoked(handle),
        "collision" => Err(StoreError::HandleCollision),
        other => reply.unknown_outcome(other),
    }
}
