//! The buckets as parts of tracked data, and the invalidations of the cache.

use std::time::Duration;

use redis::{Cmd, Value};
use redis_cluster::{Endpoint, TrackedData, TrackingChange};

use super::super::keys::{self, RedisKey};
use crate::{
    backoff,
    clock::Clock,
    domain::{Bucket, UserHandle, time::ClockInstant},
    near_cache::source::{Invalidation, InvalidationListener, Lease},
    sync::Arc,
};

/// The buckets, and the listener to their invalidations.
pub(super) struct TrackedBuckets {
    listener: Arc<dyn InvalidationListener>,
    clock: std::sync::Arc<dyn Clock>,
}

impl TrackedBuckets {
    pub(super) fn new(listener: Arc<dyn InvalidationListener>, clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { listener, clock }
    }
}

impl TrackedData for TrackedBuckets {
    type Part = Bucket;
    type Lease = Lease;

    fn parts(&self) -> Vec<Bucket> {
        Bucket::all().collect()
    }

    /// An empty bucket is not bound, which reading it from the store reports.
    fn presence_keys(&self, bucket: Bucket) -> [RedisKey; 2] {
        [keys::meta(bucket), keys::generations(bucket)]
    }

    fn probe_key(&self, bucket: Bucket, connection: u64) -> RedisKey {
        keys::probe(bucket, connection)
    }

    fn layout_command(&self, bucket: Bucket) -> Cmd {
        let mut command = redis::cmd("HGET");
        command.arg(keys::meta(bucket)).arg("layout");
        command
    }

    fn check_layout(&self, layout: &Value) -> Result<(), String> {
        match layout {
            Value::Nil => Ok(()),
            Value::BulkString(layout) if layout == keys::LAYOUT.as_bytes() => Ok(()),
            _ => Err("it holds data in another layout version; run the release that wrote it".to_owned()),
        }
    }

    fn new_lease(&self) -> Lease {
        Lease::new()
    }

    fn instant(&self) -> ClockInstant {
        self.clock.instant()
    }

    fn retry_delay(&self, failures: u32) -> Duration {
        backoff::delay_after(self.clock.as_ref(), failures)
    }

    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.attach(bucket, lease);
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.detach(bucket, lease);
    }

    fn invalidate_key(&self, key: &[u8]) -> bool {
        let Some(change) = change_for_key(key) else { return false };
        self.listener.invalidate(change);
        true
    }

    fn invalidate_part(&self, bucket: Bucket) {
        self.listener.invalidate(Invalidation::Bucket(bucket));
    }

    fn report(&self, server: &Endpoint, change: TrackingChange<'_>) {
        match change {
            TrackingChange::Established => {
                tracing::info!(%server, "invalidation tracking established; caching sessions of this server");
            }
            TrackingChange::Interrupted { error, retry_in } => tracing::warn!(
                %server, error, ?retry_in,
                "invalidation tracking interrupted; reads of this server's sessions bypass the cache until it \
                 reconnects"
            ),
            TrackingChange::Unsupported { reason } => tracing::warn!(
                %server, reason,
                "invalidation tracking is not supported by this server; its sessions are not cached. Connect directly \
                 to Redis 7.0 or later (no proxy) as a user with the rights in deploy/users.acl; retrying every minute"
            ),
        }
    }
}

/// Returns the invalidation of the cache for a change of `key`; `None` if the cache does not depend on it.
fn change_for_key(key: &[u8]) -> Option<Invalidation> {
    let (bucket, name) = key.strip_prefix(b"sa1:{")?.split_first_chunk::<2>()?;
    let bucket = Bucket(u8::from_str_radix(std::str::from_utf8(bucket).ok()?, 16).ok()?);
    match name.strip_prefix(b"}:")? {
        b"g" => Some(Invalidation::Generations(bucket)),
        b"d" => Some(Invalidation::Denylist(bucket)),
        name => Some(Invalidation::User(UserHandle(name.strip_prefix(b"u:")?.try_into().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_records_generations_and_denylists_are_changes_and_no_others() {
        let handle = UserHandle([0xab, b'}', b':', b'g', 0, b'\n', 6, 7, 8, 9, 10, 11]);
        assert_eq!(change_for_key(&keys::sessions(handle)), Some(Invalidation::User(handle)));
        assert_eq!(change_for_key(&keys::generations(Bucket(9))), Some(Invalidation::Generations(Bucket(9))));
        assert_eq!(change_for_key(&keys::denylist(Bucket(9))), Some(Invalidation::Denylist(Bucket(9))));
        for other in [keys::clocks(handle), keys::meta(Bucket(9)), keys::outbox(Bucket(9)), keys::alerts()] {
            assert_eq!(change_for_key(&other), None, "{}", other.escape_ascii());
        }
        for other in
            [&b""[..], b"sa1:{", b"sa1:{0", b"sa1:{zz}:g", b"sa1:{00}:u:short", b"sa1:{00}:gg", b"sa1:{00}:due"]
        {
            assert_eq!(change_for_key(other), None, "{}", other.escape_ascii());
        }
    }
}
