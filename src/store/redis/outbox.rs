use std::collections::{BTreeMap, HashMap};

use redis::streams::StreamRangeReply;

use super::{RedisSessionStore, keys};
use crate::{
    domain::{Bucket, UnixMillis},
    store::{
        StoreError,
        outbox::{Backlog, Entry, PendingEvent, Position},
    },
};

/// Streams read in one round trip. With 32 entries of each, and none larger than about 9 KiB, an answer stays
/// below 5 MiB: it neither holds up other calls for long nor gets the connection cut by the server.
const STREAMS_AT_ONCE: usize = 16;

/// The head of every bucket's stream that has one.
pub(super) async fn read(store: &RedisSessionStore, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
    let mut lengths = redis::pipe();
    for bucket in Bucket::all() {
        lengths.cmd("XLEN").arg(keys::outbox(bucket));
    }
    let lengths: Vec<u64> = store.lanes.pipe("looking at the outbox", &lengths).await?;
    let waiting: Vec<Bucket> =
        Bucket::all().zip(lengths).filter(|(_, length)| *length > 0).map(|(bucket, _)| bucket).collect();

    let mut pending = Vec::new();
    for buckets in waiting.chunks(STREAMS_AT_ONCE) {
        let mut pipe = redis::pipe();
        for bucket in buckets {
            pipe.cmd("XRANGE").arg(keys::outbox(*bucket)).arg("-").arg("+").arg("COUNT").arg(limit);
        }
        let streams: Vec<StreamRangeReply> = store.lanes.pipe("reading the outbox", &pipe).await?;
        for (bucket, stream) in buckets.iter().zip(streams) {
            pending.extend(
                stream.ids.into_iter().map(|entry| {
                    PendingEvent::read(Position { bucket: *bucket, entry: entry.id }, entry_of(entry.map))
                }),
            );
        }
    }
    Ok(pending)
}

/// Deletes by id, and nothing else: what comes after stays.
pub(super) async fn delete(store: &RedisSessionStore, positions: &[Position]) -> Result<(), StoreError> {
    let mut buckets: BTreeMap<Bucket, Vec<&str>> = BTreeMap::new();
    for position in positions {
        buckets.entry(position.bucket).or_default().push(&position.entry);
    }
    let mut pipe = redis::pipe();
    for (bucket, entries) in buckets {
        pipe.cmd("XDEL").arg(keys::outbox(bucket)).arg(entries).ignore();
    }
    if positions.is_empty() {
        return Ok(());
    }
    store.lanes.pipe("deleting from the outbox", &pipe).await
}

pub(super) async fn backlog(store: &RedisSessionStore) -> Result<Backlog, StoreError> {
    let mut pipe = redis::pipe();
    for bucket in Bucket::all() {
        pipe.cmd("XLEN").arg(keys::outbox(bucket));
        pipe.cmd("XRANGE").arg(keys::outbox(bucket)).arg("-").arg("+").arg("COUNT").arg(1);
    }
    let streams: Vec<redis::Value> = store.lanes.pipe("measuring the outbox", &pipe).await?;
    let mut backlog = Backlog::default();
    for pair in streams.chunks(2) {
        let [length, head] = pair else { continue };
        backlog.events += u64::from_redis(length)?;
        let head = StreamRangeReply::from_redis(head)?;
        // A stream id begins with the server's time in milliseconds.
        let oldest = head.ids.first().and_then(|entry| entry.id.split('-').next()?.parse().ok()).map(UnixMillis::new);
        backlog.oldest = [backlog.oldest, oldest].into_iter().flatten().min();
    }
    Ok(backlog)
}

trait FromRedis: Sized {
    fn from_redis(value: &redis::Value) -> Result<Self, StoreError>;
}

impl<T: redis::FromRedisValue> FromRedis for T {
    fn from_redis(value: &redis::Value) -> Result<Self, StoreError> {
        T::from_redis_value_ref(value).map_err(|error| StoreError::corrupt("measuring the outbox", error.to_string()))
    }
}

fn entry_of(mut fields: HashMap<String, redis::Value>) -> Entry {
    let mut bytes = |field: &str| match fields.remove(field) {
        Some(redis::Value::BulkString(bytes)) => bytes,
        _ => Vec::new(),
    };
    let number = |bytes: Vec<u8>| std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<u64>().ok());
    let code = |bytes| number(bytes).and_then(|number| u8::try_from(number).ok()).unwrap_or_default();
    Entry {
        kind: code(bytes("k")),
        reason: code(bytes("y")),
        subject: bytes("s"),
        owner: bytes("o"),
        at: number(bytes("t")).unwrap_or_default(),
        record: bytes("r"),
        clock: bytes("c"),
        cause: bytes("w"),
    }
}
