//! The names of keys.

use sha2::{Digest, Sha256};

use crate::{
    domain::{Bucket, TenantId, UserHandle},
    store::{NodeId, record::Generation},
};

/// The version of the layout, written in every bucket's `meta`.
pub(super) const LAYOUT: &str = "2";

/// The field of a bucket's `meta` that holds the latest generation ever raised in it. The hash of generations never says
/// less, unless it was lost.
pub(super) const RAISED: &str = "generation";

/// Where alerts are told as they are appended.
pub(super) const ALERTS_CHANNEL: &str = "sa1:alerts";

/// Where nodes that join and leave are announced.
pub(super) const NODES_CHANNEL: &str = "sa1:nodes";

/// Where a node is told what waits in its buckets. `lua/caller.lua` publishes there.
pub(super) fn node_channel(node: NodeId) -> String {
    format!("sa1:node:{node}")
}

pub(super) type Key = Vec<u8>;

/// The keys of one user that every user script declares, in the order of `lua/user.lua`.
pub(super) fn of_user(handle: UserHandle) -> [Key; 10] {
    let bucket = handle.bucket();
    [
        user(handle, 'u'),
        user(handle, 'c'),
        user(handle, 't'),
        user(handle, 'r'),
        user(handle, 'p'),
        due(bucket),
        generations(bucket),
        outbox(bucket),
        findings(bucket),
        meta(bucket),
    ]
}

pub(super) fn sessions(handle: UserHandle) -> Key {
    user(handle, 'u')
}

pub(super) fn clocks(handle: UserHandle) -> Key {
    user(handle, 'c')
}

pub(super) fn tombstones(handle: UserHandle) -> Key {
    user(handle, 't')
}

pub(super) fn due(bucket: Bucket) -> Key {
    in_bucket(bucket, "due")
}

pub(super) fn generations(bucket: Bucket) -> Key {
    in_bucket(bucket, "g")
}

/// The field of a tenant's mass revocation in [`generations`].
pub(super) fn of_tenant(tenant: &TenantId) -> String {
    format!("t{}", tenant.as_str())
}

/// How many of a bucket's latest mass revocations its [`generations`] list in their order.
pub(super) const LOGGED_REVOCATIONS: Generation = 256;

/// The field of [`generations`] that lists the mass revocation that raised the bucket to `generation`, until the place is
/// taken by a later one: generation 4 | at 6 | the field of its scope.
pub(super) fn logged(generation: Generation) -> String {
    format!("r{}", generation % LOGGED_REVOCATIONS)
}

/// The field of the mass revocation of everyone in [`generations`].
pub(super) const EVERYONE: &str = "*";

/// The bucket that keeps what is stored once of the mass revocations of a scope, by its field in [`generations`].
pub(super) fn home_of(field: &str) -> Bucket {
    Bucket(Sha256::digest(field.as_bytes())[0])
}

/// Operation ids and causes of the mass revocations of a scope, in its home bucket.
pub(super) fn revocations(field: &str) -> Key {
    in_bucket(home_of(field), &format!("m:{field}"))
}

/// Mass revocations of scopes that have their home in the bucket, and that may not have reached every bucket.
pub(super) fn unfinished(bucket: Bucket) -> Key {
    in_bucket(bucket, "unfinished")
}

pub(super) fn outbox(bucket: Bucket) -> Key {
    in_bucket(bucket, "outbox")
}

pub(super) fn findings(bucket: Bucket) -> Key {
    in_bucket(bucket, "findings")
}

pub(super) fn meta(bucket: Bucket) -> Key {
    in_bucket(bucket, "meta")
}

/// What a connection writes to find out whether it is told of it in order; no other connection of the server has the
/// same number.
pub(super) fn probe(bucket: Bucket, connection: u64) -> Key {
    in_bucket(bucket, &format!("probe:{connection}"))
}

/// What the script that appends alerts works on: the stream, the ids in it, the last position, what was removed.
pub(super) fn of_alerts() -> [Key; 4] {
    [alerts(), b"sa1:{alerts}:ids".to_vec(), last_alert(), forgotten_alerts()]
}

pub(super) fn alerts() -> Key {
    b"sa1:{alerts}:s".to_vec()
}

/// The nodes that live. It lies with the stream of alerts, which is bound as every bucket is.
pub(super) fn nodes() -> Key {
    b"sa1:{alerts}:nodes".to_vec()
}

pub(super) fn alerts_meta() -> Key {
    b"sa1:{alerts}:meta".to_vec()
}

/// Places of alerts that were removed with the person they were about, by the time of each.
pub(super) fn forgotten_alerts() -> Key {
    b"sa1:{alerts}:gone".to_vec()
}

pub(super) fn last_alert() -> Key {
    b"sa1:{alerts}:last".to_vec()
}

fn in_bucket(bucket: Bucket, name: &str) -> Key {
    format!("sa1:{{{bucket}}}:{name}").into_bytes()
}

/// The handle goes in as it is, 12 bytes: half of what hexadecimal would take, in every key.
fn user(handle: UserHandle, kind: char) -> Key {
    let mut key = format!("sa1:{{{}}}:{kind}:", handle.bucket()).into_bytes();
    key.extend_from_slice(&handle.0);
    key
}
