//! The mass revocations of many buckets, read in one round trip.

use std::ops::RangeInclusive;

use redis::Value;
use redis_cluster::TrackedReader;

use super::{
    super::{
        RedisSessionStore,
        binding::{INSTALLATION, check_installation},
        keys::{self, LOGGED_REVOCATIONS},
        load::{OptionalBytes, check_generations, split_generation},
        server_inspection::StoreServerInspection,
    },
    read::{decode_answers, not_tracked, open_reader},
    tracked_buckets::TrackedBuckets,
};
use crate::{
    domain::{Bucket, event::RevocationScope},
    near_cache::source::{Lease, RevocationsSince},
    store::{StoreError, record::Generation},
};

const DURING: &str = "reading mass revocations";

/// Revocations that are read with the latest generation. There are seldom more since the last read.
const PREFETCHED_REVOCATIONS: Generation = 4;

/// The revocations read from one bucket.
struct RevocationLog {
    bucket: Bucket,
    latest: Generation,
    /// Some of the latest revocations, in any order.
    entries: Vec<(RevocationScope, Generation)>,
}

/// The latest generation ever raised and the installation; the latest generation and the requested entries.
type RevocationLogReply = ((Option<Generation>, Option<String>), Vec<OptionalBytes>);

/// Implements [`crate::near_cache::source::InvalidationSource::read_revocations`]: one round trip, or two if a bucket has more than
/// [`PREFETCHED_REVOCATIONS`].
pub(super) async fn read(
    store: &RedisSessionStore,
    lease: &Lease,
    since: &[(Bucket, Generation)],
) -> Result<Vec<RevocationsSince>, StoreError> {
    let reader =
        since.iter().find_map(|(bucket, _)| open_reader(store, lease, *bucket).ok()).ok_or_else(not_tracked)?;
    let since: Vec<_> = since.iter().filter(|(bucket, _)| reader.is_tracked(*bucket)).copied().collect();

    let next = |since: Generation| since.saturating_add(1)..=since.saturating_add(PREFETCHED_REVOCATIONS);
    let wanted = since.iter().map(|(bucket, since)| (*bucket, next(*since))).collect();
    let mut logs = read_logs(store, &reader, wanted).await?;
    let since_of = |bucket: Bucket| since.iter().find(|(other, _)| *other == bucket).map_or(0, |(_, since)| *since);
    let missing = |log: &RevocationLog| {
        let since = since_of(log.bucket);
        let rest = since.saturating_add(PREFETCHED_REVOCATIONS + 1)..=log.latest;
        (!rest.is_empty() && log.latest - since <= LOGGED_REVOCATIONS).then_some((log.bucket, rest))
    };
    let wanted: Vec<_> = logs.iter().filter_map(missing).collect();
    if !wanted.is_empty() {
        for later in read_logs(store, &reader, wanted).await? {
            if let Some(log) = logs.iter_mut().find(|log| log.bucket == later.bucket) {
                log.entries.extend(later.entries);
            }
        }
    }
    let tracked = logs.into_iter().filter(|log| reader.is_tracked(log.bucket));
    let complete = |log: RevocationLog| {
        let since = since_of(log.bucket);
        log.into_revocations_since(since)
    };
    Ok(tracked.map(complete).collect())
}

/// Reads the entries of these generations. A bucket that cannot be read is left out.
async fn read_logs(
    store: &RedisSessionStore,
    reader: &TrackedReader<'_, StoreServerInspection, TrackedBuckets>,
    wanted: Vec<(Bucket, RangeInclusive<Generation>)>,
) -> Result<Vec<RevocationLog>, StoreError> {
    let mut pipe = redis::pipe();
    for (bucket, generations) in &wanted {
        pipe.cmd("HMGET").arg(keys::meta(*bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
        let fields: Vec<_> = generations.clone().map(keys::revocation_log_field).collect();
        pipe.cmd("HMGET").arg(keys::generations(*bucket)).arg("n").arg(fields);
    }
    let answers = reader.exchange(pipe).await?;
    let mut answers = answers.into_iter();
    let mut logs = Vec::with_capacity(wanted.len());
    for (bucket, _) in wanted {
        let answer: Result<Vec<Value>, _> = answers.by_ref().take(2).collect();
        let read = match answer {
            Ok(answer) => decode_log(store, bucket, answer),
            Err(error) => Err(reader.note_failure(Some(bucket), error).into()),
        };
        match read {
            Ok(log) => logs.push(log),
            Err(error) => {
                tracing::debug!(
                    %bucket, %error,
                    "failed to read mass revocations; reading the bucket's sessions from the store"
                );
            }
        }
    }
    Ok(logs)
}

fn decode_log(store: &RedisSessionStore, bucket: Bucket, answer: Vec<Value>) -> Result<RevocationLog, StoreError> {
    let ((ever_raised, installation), mut fields): RevocationLogReply = decode_answers(answer)?;
    check_installation(DURING, installation.as_deref(), store.installation)?;
    let corrupt = || StoreError::corrupt(DURING, "invalid generation");
    let latest = match (!fields.is_empty()).then(|| fields.remove(0)).flatten() {
        Some(bytes) => std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(corrupt)?,
        None => 0,
    };
    check_generations(bucket, ever_raised, Some(latest))?;
    let entries = fields.iter().flatten().map(|bytes| decode_entry(bytes)).collect::<Result<_, _>>()?;
    Ok(RevocationLog { bucket, latest, entries })
}

/// Decodes generation 4 | at 6 | field.
fn decode_entry(bytes: &[u8]) -> Result<(RevocationScope, Generation), StoreError> {
    let (generation, rest) = split_generation(bytes)?;
    let scope = rest.get(6..).and_then(RevocationScope::from_bytes);
    let scope = scope.ok_or_else(|| StoreError::corrupt(DURING, "invalid scope of a mass revocation"))?;
    Ok((scope, generation))
}

impl RevocationLog {
    /// Returns all revocations after `since` if each of them was read. Later ones may have taken their places in the
    /// log.
    fn into_revocations_since(self, since: Generation) -> RevocationsSince {
        let Self { bucket, latest, mut entries } = self;
        entries.retain(|(_, generation)| (since.saturating_add(1)..=latest).contains(generation));
        entries.sort_unstable_by_key(|(_, generation)| *generation);
        entries.dedup_by_key(|(_, generation)| *generation);
        let made = usize::try_from(latest.saturating_sub(since)).unwrap_or(usize::MAX);
        RevocationsSince { bucket, latest, scopes: (entries.len() == made).then_some(entries) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(latest: Generation, generations: &[Generation]) -> RevocationLog {
        let entries = generations.iter().map(|generation| (RevocationScope::Everyone, *generation)).collect();
        RevocationLog { bucket: Bucket(0), latest, entries }
    }

    #[test]
    fn a_log_without_gaps_is_complete() {
        let complete = log(7, &[6, 7, 5]).into_revocations_since(4);
        let expected = [5, 6, 7].map(|generation| (RevocationScope::Everyone, generation)).to_vec();
        assert_eq!((complete.latest, complete.scopes), (7, Some(expected)));
        assert_eq!(log(4, &[]).into_revocations_since(4).scopes, Some(Vec::new()));
    }

    #[test]
    fn a_log_with_a_gap_or_with_places_taken_by_later_revocations_is_not() {
        for entries in [&[5, 7][..], &[5, 6, 7 + LOGGED_REVOCATIONS], &[4, 5, 6]] {
            assert_eq!(log(7, entries).into_revocations_since(4).scopes, None, "{entries:?}");
        }
    }

    #[test]
    fn a_bucket_that_was_emptied_has_no_later_revocations() {
        let emptied = log(0, &[]).into_revocations_since(4);
        assert_eq!((emptied.latest, emptied.scopes), (0, Some(Vec::new())));
    }
}
