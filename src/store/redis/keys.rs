//! Names of keys, fields and channels.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    domain::{Bucket, SessionId, TenantId, UserHandle, failures::FailureSubject},
    store::{NodeId, record::Generation},
};

/// The version of the layout, stored in the `meta` of every bucket.
pub(super) const LAYOUT: &str = "2";

/// The field of a bucket's `meta` that holds the latest generation ever raised in it. The hash of generations holds a
/// lower one only if it was lost.
pub(super) const LATEST_GENERATION: &str = "generation";

/// The channel on which alerts are published as they are appended.
pub(super) const ALERTS_CHANNEL: &str = "sa1:alerts";

/// The channel on which nodes that join or leave are announced.
pub(super) const NODES_CHANNEL: &str = "sa1:nodes";

/// Returns the channel on which a node is notified of pending work in its buckets. `lua/caller.lua` publishes there.
pub(super) fn node_channel(node: NodeId) -> String {
    format!("sa1:node:{node}")
}

pub(super) type RedisKey = Vec<u8>;

/// The keys of one user that every user script declares, in the order of `lua/user.lua`.
pub(super) fn user_keys(handle: UserHandle) -> [RedisKey; 10] {
    let bucket = handle.bucket();
    [
        sessions(handle),
        clocks(handle),
        tombstones(handle),
        user_key(handle, b'r'),
        profile(handle),
        due(bucket),
        generations(bucket),
        outbox(bucket),
        findings(bucket),
        meta(bucket),
    ]
}

pub(super) fn sessions(handle: UserHandle) -> RedisKey {
    user_key(handle, b'u')
}

/// Returns the field of [`sessions`] that holds the client that was seen last with a session.
pub(super) fn last_seen_field(id: SessionId) -> [u8; 1 + SessionId::UNIQUE_BYTES] {
    std::array::from_fn(|n| if n == 0 { b'l' } else { id.unique[n - 1] })
}

pub(super) fn clocks(handle: UserHandle) -> RedisKey {
    user_key(handle, b'c')
}

pub(super) fn tombstones(handle: UserHandle) -> RedisKey {
    user_key(handle, b't')
}

pub(super) fn profile(handle: UserHandle) -> RedisKey {
    user_key(handle, b'p')
}

pub(super) fn due(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "due")
}

pub(super) fn generations(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "g")
}

/// The field of a tenant's mass revocation in [`generations`].
pub(super) fn tenant_field(tenant: &TenantId) -> String {
    format!("t{}", tenant.as_str())
}

/// Number of a bucket's latest mass revocations that its [`generations`] list in order.
pub(super) const LOGGED_REVOCATIONS: Generation = 256;

/// The field of [`generations`] that lists the mass revocation that raised the bucket to `generation`, until a later
/// one takes its place: generation 4 | at 6 | the field of its scope.
pub(super) fn revocation_log_field(generation: Generation) -> String {
    format!("r{}", generation % LOGGED_REVOCATIONS)
}

/// The field of the mass revocation of everyone in [`generations`].
pub(super) const EVERYONE: &str = "*";

/// Returns the home bucket of a scope, given by its field in [`generations`]. It keeps the data of the scope's mass
/// revocations that is stored once.
pub(super) fn home_bucket(field: &str) -> Bucket {
    Bucket(Sha256::digest(field.as_bytes())[0])
}

/// Operation IDs and causes of the mass revocations of a scope, in its home bucket.
pub(super) fn revocations(field: &str) -> RedisKey {
    bucket_key(home_bucket(field), &format!("m:{field}"))
}

/// Mass revocations whose home is the bucket and that may not have reached every bucket.
pub(super) fn unfinished(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "unfinished")
}

pub(super) fn outbox(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "outbox")
}

pub(super) fn findings(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "findings")
}

/// The field of a bucket's `meta` that holds the latest time at which a denial in [`denylist`] ends.
pub(super) const DENIED_UNTIL: &str = "denied_until";

/// The denied JWT IDs of a bucket: digests, by the time at which each denial ends.
pub(super) fn denylist(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "d")
}

/// Returns the keys of the failures of users or of networks, or of the newcomers of networks: the records, and their
/// order of removal.
pub(super) fn failures(bucket: Bucket, subject: FailureSubject) -> [RedisKey; 2] {
    match subject {
        FailureSubject::User => ["failed-users", "failed-users:scores"],
        FailureSubject::Network => ["failed-networks", "failed-networks:scores"],
        FailureSubject::NetworkNewcomers => ["network-newcomers", "network-newcomers:scores"],
        FailureSubject::CallerTokens => ["caller-tokens", "caller-tokens:scores"],
        FailureSubject::NetworkTokens => ["network-tokens", "network-tokens:scores"],
    }
    .map(|name| bucket_key(bucket, name))
}

pub(super) fn meta(bucket: Bucket) -> RedisKey {
    bucket_key(bucket, "meta")
}

/// The key that a connection writes to check the order of its invalidations. No other connection of the server has the
/// same number.
pub(super) fn probe(bucket: Bucket, connection: u64) -> RedisKey {
    bucket_key(bucket, &format!("probe:{connection}"))
}

/// The keys of the script that appends alerts: the stream, the IDs in it, the last position, the removed alerts.
pub(super) fn alert_script_keys() -> [RedisKey; 4] {
    [alerts(), alert_ids(), last_alert(), forgotten_alerts()]
}

/// The IDs of the alerts in the stream, by the time in the position of each.
pub(super) fn alert_ids() -> RedisKey {
    b"sa1:{alerts}:ids".to_vec()
}

pub(super) fn alerts() -> RedisKey {
    b"sa1:{alerts}:s".to_vec()
}

/// The live nodes. The key is in the slot of the alert stream, which is bound in the same way as every bucket.
pub(super) fn nodes() -> RedisKey {
    b"sa1:{alerts}:nodes".to_vec()
}

pub(super) fn alerts_meta() -> RedisKey {
    b"sa1:{alerts}:meta".to_vec()
}

/// Positions of alerts that `ForgetUser` removed, by the time of each.
pub(super) fn forgotten_alerts() -> RedisKey {
    b"sa1:{alerts}:gone".to_vec()
}

pub(super) fn last_alert() -> RedisKey {
    b"sa1:{alerts}:last".to_vec()
}

fn bucket_key(bucket: Bucket, name: &str) -> RedisKey {
    key_in(bucket, &[name.as_bytes()])
}

/// Returns a key of a user. It contains the handle as its 12 bytes, half of the length in hexadecimal.
fn user_key(handle: UserHandle, kind: u8) -> RedisKey {
    key_in(handle.bucket(), &[&[kind, b':'], &handle.0])
}

/// Returns a key in the slot of a bucket. Each call makes several keys, so they are not formatted.
fn key_in(bucket: Bucket, parts: &[&[u8]]) -> RedisKey {
    let mut tag = [0; 2];
    HEXLOWER.encode_mut(&[bucket.0], &mut tag);
    let mut key = Vec::with_capacity(40);
    key.extend_from_slice(b"sa1:{");
    key.extend_from_slice(&tag);
    key.extend_from_slice(b"}:");
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use redis_cluster::HashSlot;

    use super::*;

    #[test]
    fn the_keys_of_a_bucket_share_a_slot_and_buckets_have_their_own() {
        let slots: BTreeSet<HashSlot> = Bucket::all().map(|bucket| HashSlot::from_key(&outbox(bucket))).collect();
        assert_eq!(slots.len(), 256);
        for bucket in Bucket::all() {
            assert_eq!(HashSlot::from_key(&meta(bucket)), HashSlot::from_key(&due(bucket)));
        }
    }
}
