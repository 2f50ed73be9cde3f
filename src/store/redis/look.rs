//! Looking at buckets for work.

use redis::streams::{StreamRangeReply, StreamReadReply};

use super::{RedisSessionStore, keys, keys::Key, outbox::reached, request::Request, router, slot::Slot};
use crate::{
    domain::{Bucket, BucketSet, UnixMillis},
    store::{AlertPosition, BucketLook, QueueLength, StoreError},
};

const LOOKING: &str = "looking for background work";

/// The store's `look`: three commands a bucket, in two round trips. What waits is read after the sessions that are over, so
/// that an ending which was written in between is found. Buckets whose server cannot be reached are missing.
pub(super) async fn look(
    store: &RedisSessionStore,
    buckets: BucketSet,
    now: UnixMillis,
) -> Result<Vec<BucketLook>, StoreError> {
    let over = |bucket| {
        let due = Request::on("ZRANGEBYSCORE", &keys::due(bucket)).arg("-inf").arg(now.get());
        let owed = Request::on("HMGET", &keys::generations(bucket)).arg("walk").arg("unfinished").arg("prune");
        [due.arg("LIMIT").arg(0).arg(1), owed]
    };
    let over: Vec<_> = buckets.iter().flat_map(over).collect();
    let over = reached(store.router.each(LOOKING, &over).await)?;
    let waiting: Vec<_> = buckets.iter().map(heads).collect();
    let waiting = reached(store.router.each_as::<Option<StreamReadReply>>(LOOKING, &waiting).await)?;
    let (over, _) = over.as_chunks::<2>();
    let mut looks = Vec::with_capacity(buckets.len());
    for ((bucket, over), waiting) in buckets.iter().zip(over).zip(waiting) {
        let ([Some(due), Some(owed)], Some(waiting)) = (over, waiting) else { continue };
        let due: Vec<Vec<u8>> = router::read(LOOKING, due.clone())?;
        let (walk, unfinished, prune_at): (Option<u64>, Option<u64>, Option<u64>) =
            router::read(LOOKING, owed.clone())?;
        let is_owed = walk.is_some() || unfinished.is_some() || prune_at.is_some_and(|at| at <= now.get());
        let streams = waiting.map(|reply| reply.keys).unwrap_or_default();
        let has = |key: Key| streams.iter().any(|stream| stream.key.as_bytes() == key);
        looks.push(BucketLook {
            bucket,
            has_events: has(keys::outbox(bucket)),
            has_findings: has(keys::findings(bucket)),
            is_sweep_due: !due.is_empty() || is_owed,
        });
    }
    Ok(looks)
}

/// Reads the oldest entry of each queue of a bucket. Queues without one are not in the answer.
fn heads(bucket: Bucket) -> Request<'static> {
    let queues = [keys::outbox(bucket), keys::findings(bucket)];
    let mut command = redis::cmd("XREAD");
    command.arg("COUNT").arg(1).arg("STREAMS").arg(&queues[..]).arg("0-0").arg("0-0");
    Request { slot: Slot::of(&queues[0]), command, script: None }
}

/// Counts a queue of each of the buckets, each answered for itself.
pub(super) async fn lengths(
    store: &RedisSessionStore,
    during: &'static str,
    buckets: BucketSet,
    queue: fn(Bucket) -> Key,
) -> Vec<Result<QueueLength, StoreError>> {
    let count = |bucket| {
        let head = Request::on("XRANGE", &queue(bucket)).arg("-").arg("+").arg("COUNT").arg(1);
        [Request::on("XLEN", &queue(bucket)), head]
    };
    let counts: Vec<_> = buckets.iter().flat_map(count).collect();
    let mut answers = store.router.each(during, &counts).await.into_iter();
    let lengths = buckets.iter().map(|bucket| {
        let mut answer = || answers.next().unwrap_or(Ok(redis::Value::Nil));
        let (entries, head) = (answer(), answer());
        let entries = router::read(during, entries?)?;
        let head: StreamRangeReply = router::read(during, head?)?;
        // A stream id begins with the server's time in milliseconds.
        let first = head.ids.first().and_then(|entry| entry.id.parse::<AlertPosition>().ok());
        Ok(QueueLength { bucket, entries, oldest: first.map(|id| UnixMillis::new(id.major)) })
    });
    lengths.collect()
}
