//! Reads on a tracking connection.

use redis::Value;
use redis_cluster::{RedisRequest, TrackedReader};
use tokio::try_join;

use super::{
    super::{
        RedisSessionStore,
        binding::{INSTALLATION, check_installation},
        client::unreachable,
        keys,
        load::{OptionalBytes, check_generations, decode_session, split_generation},
        server_inspection::StoreServerInspection,
    },
    tracked_buckets::TrackedBuckets,
};
use crate::{
    domain::{Bucket, SessionId},
    near_cache::source::{Lease, TrackedRead},
    store::{StoreError, record::Generation},
};

const DURING: &str = "reading a session for the cache";

/// The latest generation ever raised and the installation; the latest generation; the record, its owner and the client
/// that was seen last.
type TrackedSessionReply =
    ((Option<Generation>, Option<String>), (Option<Generation>,), (OptionalBytes, OptionalBytes, OptionalBytes));

/// Reads the record and the generations on the tracking connection, and the clock on another one: every touch writes
/// the clock, and its invalidation would have to drop the record. The parts need not be of one moment. While a session
/// is active, only its activity changes in the clock, and when it ends, the record is removed with the clock.
pub(super) async fn read(store: &RedisSessionStore, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
    let bucket = id.handle.bucket();
    let reader = open_reader(store, lease, bucket)?;
    let mut pipe = redis::pipe();
    // The latest generation ever raised is read before the generations, as both only grow.
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n");
    let last_seen = keys::last_seen_field(id);
    pipe.cmd("HMGET").arg(keys::sessions(id.handle)).arg(&id.unique[..]).arg("@").arg(&last_seen[..]);
    let clock = RedisRequest::new("HGET", &keys::clocks(id.handle)).arg(&id.unique[..]);
    let (answers, clock) = try_join!(reader.read(bucket, pipe), store.router.query::<OptionalBytes>(DURING, clock))?;
    let ((ever_raised, installation), (latest,), (record, owner, last_seen)): TrackedSessionReply =
        decode_answers(answers)?;
    check_installation(DURING, installation.as_deref(), store.installation)?;
    check_generations(bucket, ever_raised, latest)?;

    let found = decode_session(id, record, owner, clock, last_seen)?;
    let mut is_mass_revoked = false;
    if let Some((_, generation)) = &found
        && latest.unwrap_or_default() < *generation
    {
        // The session was created after the generations were read, or these were lost. The store's own read
        // distinguishes the two.
        return Err(unreachable(DURING, "the session has a later generation than its bucket"));
    }
    if let Some((session, generation)) = &found
        && latest.unwrap_or_default() > *generation
    {
        let mut pipe = redis::pipe();
        let tenant = keys::tenant_field(&session.owner.tenant);
        pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("*").arg(tenant);
        let ((again, everyone, tenant),): ((Option<Generation>, OptionalBytes, OptionalBytes),) =
            decode_answers(reader.read(bucket, pipe).await?)?;
        // Generations only grow.
        if again < latest {
            return Err(unreachable(DURING, "the bucket was deleted during the read"));
        }
        for bytes in [everyone, tenant].iter().flatten() {
            is_mass_revoked |= split_generation(bytes)?.0 > *generation;
        }
    }
    if !reader.is_tracked(bucket) {
        return Err(not_tracked());
    }
    let session = found.map(|(session, _)| session).filter(|_| !is_mass_revoked);
    Ok(TrackedRead { session, latest: latest.unwrap_or_default() })
}

/// Waits until every invalidation of the bucket up to now has arrived.
pub(super) async fn catch_up(store: &RedisSessionStore, lease: &Lease, bucket: Bucket) -> Result<(), StoreError> {
    if open_reader(store, lease, bucket)?.catch_up(bucket).await { Ok(()) } else { Err(not_tracked()) }
}

/// Returns a reader under `lease`. Fails unless the bucket is attached to it.
pub(super) fn open_reader<'a>(
    store: &'a RedisSessionStore,
    lease: &Lease,
    bucket: Bucket,
) -> Result<TrackedReader<'a, StoreServerInspection, TrackedBuckets>, StoreError> {
    store.tracking.buckets.reader(&store.router, DURING, lease, bucket).ok_or_else(not_tracked)
}

pub(super) fn not_tracked() -> StoreError {
    unreachable(DURING, "the bucket is not tracked at the moment")
}

pub(super) fn decode_answers<T: redis::FromRedisValue>(answers: Vec<Value>) -> Result<T, StoreError> {
    redis::from_redis_value(Value::Array(answers)).map_err(|error| StoreError::corrupt(DURING, error.to_string()))
}
