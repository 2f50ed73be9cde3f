//! Inspection of buckets for pending work.

use redis::streams::{StreamRangeReply, StreamReadReply};
use redis_cluster::{RedisRequest, decode_answer};

use super::{RedisSessionStore, keys, keys::RedisKey, outbox::keep_reachable};
use crate::{
    domain::{Bucket, BucketSet, UnixMillis},
    store::{AlertPosition, BucketStatus, QueueLength, StoreError},
};

const DURING: &str = "inspecting buckets";

/// Implements the store's `inspect`: three commands for each bucket, in two round trips. The queues are read after the
/// due users, so that the event of a session that is ended in between is found. Buckets whose server cannot be reached
/// are missing.
pub(super) async fn inspect(
    store: &RedisSessionStore,
    buckets: BucketSet,
    now: UnixMillis,
) -> Result<Vec<BucketStatus>, StoreError> {
    let due_requests = |bucket| {
        let due = RedisRequest::new("ZRANGEBYSCORE", &keys::due(bucket)).arg("-inf").arg(now.get());
        let scan_state =
            RedisRequest::new("HMGET", &keys::generations(bucket)).arg("walk").arg("unfinished").arg("prune");
        [due.arg("LIMIT").arg(0).arg(1), scan_state]
    };
    let requests: Vec<_> = buckets.iter().flat_map(due_requests).collect();
    let answers = keep_reachable(store.router.send_each(DURING, &requests).await)?;
    let waiting: Vec<_> = buckets.iter().map(queue_heads).collect();
    let waiting = keep_reachable(store.router.query_each::<Option<StreamReadReply>>(DURING, &waiting).await)?;
    let (answers, _) = answers.as_chunks::<2>();
    let mut statuses = Vec::with_capacity(buckets.len());
    for ((bucket, answer), waiting) in buckets.iter().zip(answers).zip(waiting) {
        let ([Some(due), Some(scan_state)], Some(waiting)) = (answer, waiting) else { continue };
        let due: Vec<Vec<u8>> = decode_answer(DURING, due.clone())?;
        let (walk, unfinished, prune_at): (Option<u64>, Option<u64>, Option<u64>) =
            decode_answer(DURING, scan_state.clone())?;
        let has_scan_work = walk.is_some() || unfinished.is_some() || prune_at.is_some_and(|at| at <= now.get());
        let streams = waiting.map(|reply| reply.keys).unwrap_or_default();
        let has = |key: RedisKey| streams.iter().any(|stream| stream.key.as_bytes() == key);
        statuses.push(BucketStatus {
            bucket,
            has_events: has(keys::outbox(bucket)),
            has_findings: has(keys::findings(bucket)),
            is_sweep_due: !due.is_empty() || has_scan_work,
        });
    }
    Ok(statuses)
}

/// Reads the oldest entry of each queue of a bucket. Empty queues are missing from the reply.
fn queue_heads(bucket: Bucket) -> RedisRequest<'static> {
    let queues = [keys::outbox(bucket), keys::findings(bucket)];
    let mut command = redis::cmd("XREAD");
    command.arg("COUNT").arg(1).arg("STREAMS").arg(&queues[..]).arg("0-0").arg("0-0");
    RedisRequest::with_command(command, &queues[0])
}

/// Reads the length and the oldest entry of a queue in each of the buckets. Returns one result per bucket.
pub(super) async fn queue_lengths(
    store: &RedisSessionStore,
    during: &'static str,
    buckets: BucketSet,
    queue: fn(Bucket) -> RedisKey,
) -> Vec<Result<QueueLength, StoreError>> {
    let count = |bucket| {
        let head = RedisRequest::new("XRANGE", &queue(bucket)).arg("-").arg("+").arg("COUNT").arg(1);
        [RedisRequest::new("XLEN", &queue(bucket)), head]
    };
    let counts: Vec<_> = buckets.iter().flat_map(count).collect();
    let mut answers = store.router.send_each(during, &counts).await.into_iter();
    let lengths = buckets.iter().map(|bucket| {
        let mut answer = || answers.next().unwrap_or(Ok(redis::Value::Nil));
        let (entries, head) = (answer(), answer());
        let entries = decode_answer(during, entries?)?;
        let head: StreamRangeReply = decode_answer(during, head?)?;
        // A stream ID begins with the server's time in milliseconds.
        let first = head.ids.first().and_then(|entry| entry.id.parse::<AlertPosition>().ok());
        Ok(QueueLength { bucket, entries, oldest: first.map(|id| UnixMillis::new(id.major)) })
    });
    lengths.collect()
}
