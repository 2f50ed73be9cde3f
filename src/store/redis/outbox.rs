use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use redis::streams::StreamRangeReply;
use redis_cluster::RedisRequest;

use super::{RedisSessionStore, binding::read_bound, keys, mass_cause};
use crate::{
    domain::{Bucket, BucketSet, UnixMillis},
    store::{
        StoreError,
        outbox::{Backlog, Outbox, OutboxEntry, OutboxPosition, PendingEvent},
    },
};

/// Entries read in one round trip. If none is larger than about 9 KiB, a response stays below 5 MiB. It neither delays
/// other calls for long nor makes the server close the connection.
const MAX_ENTRIES_PER_READ: usize = 512;

const READING: &str = "reading the outbox";

#[async_trait]
impl Outbox for RedisSessionStore {
    /// Reads the oldest entries of each outbox that is not empty. Outboxes on unreachable servers are left out; if no
    /// server can be reached, the read fails.
    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        let buckets: Vec<Bucket> = buckets.iter().collect();
        let lengths: Vec<_> = buckets.iter().map(|bucket| RedisRequest::new("XLEN", &keys::outbox(*bucket))).collect();
        let lengths = keep_reachable(self.router.query_each::<u64>("reading outbox lengths", &lengths).await)?;
        let waiting: Vec<Bucket> = buckets
            .into_iter()
            .zip(lengths)
            .filter(|(_, length)| length.is_some_and(|n| n > 0))
            .map(|(bucket, _)| bucket)
            .collect();

        let mut pending = Vec::new();
        for buckets in waiting.chunks((MAX_ENTRIES_PER_READ / limit.max(1)).max(1)) {
            let head =
                |bucket| RedisRequest::new("XRANGE", &keys::outbox(bucket)).arg("-").arg("+").arg("COUNT").arg(limit);
            let streams = read_bound::<StreamRangeReply>(READING, self, buckets, head).await?;
            for (bucket, stream) in buckets.iter().zip(streams) {
                let ids = stream.into_iter().flat_map(|stream| stream.ids);
                let (positions, entries): (Vec<_>, Vec<_>) = ids
                    .map(|entry| (OutboxPosition { bucket: *bucket, entry: entry.id }, parse_entry(entry.map)))
                    .unzip();
                let entries = mass_cause::resolve_causes(self, entries).await?;
                pending.extend(
                    positions
                        .into_iter()
                        .zip(entries)
                        .map(|(position, entry)| PendingEvent::from_entry(position, entry)),
                );
            }
        }
        Ok(pending)
    }

    /// Deletes these entries by ID, and nothing else: later entries stay.
    async fn delete_from_outbox(&self, positions: &[OutboxPosition]) -> Result<(), StoreError> {
        let mut buckets: BTreeMap<Bucket, Vec<&str>> = BTreeMap::new();
        for position in positions {
            buckets.entry(position.bucket).or_default().push(&position.entry);
        }
        let delete =
            |(bucket, entries): (Bucket, Vec<&str>)| RedisRequest::new("XDEL", &keys::outbox(bucket)).arg(entries);
        let deletions: Vec<_> = buckets.into_iter().map(delete).collect();
        self.router.query_all::<u64>("deleting from the outbox", &deletions).await?;
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        const DURING: &str = "measuring the outbox";
        let lengths: Vec<_> = Bucket::all().map(|bucket| RedisRequest::new("XLEN", &keys::outbox(bucket))).collect();
        let head = |bucket| RedisRequest::new("XRANGE", &keys::outbox(bucket)).arg("-").arg("+").arg("COUNT").arg(1);
        let heads: Vec<_> = Bucket::all().map(head).collect();
        let (lengths, heads) = tokio::try_join!(
            self.router.query_all::<u64>(DURING, &lengths),
            self.router.query_all::<StreamRangeReply>(DURING, &heads)
        )?;
        // A stream ID begins with the server's time in milliseconds.
        let time = |head: &StreamRangeReply| head.ids.first()?.id.split('-').next()?.parse().ok().map(UnixMillis::new);
        Ok(Backlog { events: lengths.iter().sum(), oldest: heads.iter().filter_map(time).min() })
    }
}

/// Returns the answers of the reachable servers, and `None` for the others. Fails if no server is reachable. Any other
/// error fails the call even if other servers respond, because it does not pass by itself.
pub(super) fn keep_reachable<T, E: Into<StoreError>>(answers: Vec<Result<T, E>>) -> Result<Vec<Option<T>>, StoreError> {
    let any = answers.iter().any(Result::is_ok);
    let is_unreachable =
        |error: &StoreError| matches!(error, StoreError::Unreachable { .. } | StoreError::NoResponse { .. });
    let answer = |answer: Result<T, E>| match answer.map_err(E::into) {
        Err(error) if any && is_unreachable(&error) => Ok(None),
        other => other.map(Some),
    };
    answers.into_iter().map(answer).collect()
}

fn parse_entry(mut fields: HashMap<String, redis::Value>) -> OutboxEntry {
    let mut bytes = |field: &str| match fields.remove(field) {
        Some(redis::Value::BulkString(bytes)) => bytes,
        _ => Vec::new(),
    };
    let number = |bytes: Vec<u8>| std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<u64>().ok());
    let code = |bytes| number(bytes).and_then(|number| u8::try_from(number).ok()).unwrap_or_default();
    OutboxEntry {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreachable_servers_are_skipped() {
        let unreachable = || Err(StoreError::Unreachable { during: "", source: "connection refused".into() });
        let silent = || Err(StoreError::NoResponse { during: "", source: "timed out".into() });
        let broken = || Err(StoreError::corrupt("", "not a stream"));
        assert_eq!(keep_reachable(vec![Ok(1), unreachable(), silent()]).expect("a part"), [Some(1), None, None]);
        assert!(matches!(keep_reachable(vec![Ok(1), unreachable(), broken()]), Err(StoreError::Corrupt { .. })));
        assert!(matches!(
            keep_reachable::<u8, _>(vec![unreachable(), unreachable()]),
            Err(StoreError::Unreachable { .. })
        ));
    }
}
