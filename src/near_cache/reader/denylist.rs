//! Reads of denied JWT IDs: from the cache under a fresh lease, otherwise from the store.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use tokio::{sync::Semaphore, time::timeout};

use super::{ATTEMPTS, MAX_CONCURRENT_READS, single_flight::SingleFlight, too_many_reads, wait_for_fresh_lease};
use crate::{
    clock::Clock,
    domain::{Bucket, BucketSet, JwtIdDigest, UnixMillis, time::ClockInstant},
    near_cache::{
        memory::{CacheMemory, DenylistLookup, DenylistTicket},
        observer::{CacheObserver, Fallback},
        source::{BucketDenylist, InvalidationSource, LeaseProof},
    },
    store::{Denylist, StoreError},
    sync::Arc,
};

/// The source of denylist reads: the store, its invalidations and the cache.
#[derive(Clone)]
pub(in crate::near_cache) struct DenylistSource {
    pub(in crate::near_cache) denylist: Arc<dyn Denylist>,
    /// The same store, as the source of invalidations.
    pub(in crate::near_cache) invalidations: Arc<dyn InvalidationSource>,
    pub(in crate::near_cache) memory: Arc<CacheMemory>,
}

/// Looks up denied JWT IDs. The first look-up in a bucket reads its whole denylist; later ones are served from memory
/// until it changes.
pub struct DenylistReader {
    source: DenylistSource,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn CacheObserver>,
    /// The maximum age of a lease proof under which a cached list is served.
    max_staleness: Duration,
    single_flight: SingleFlight<Bucket, DenylistTicket, Result<SharedDenylistRead, Arc<StoreError>>>,
    /// The read permits: each read of the store holds one.
    read_permits: std::sync::Arc<Semaphore>,
}

/// The result of looking up JWT IDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenylistRead {
    /// The time at which the denial of each ID ends, which may have passed; `None` if the ID is not denied.
    pub denial_ends: Vec<Option<UnixMillis>>,
    /// The time before which every acknowledged denial is included.
    pub as_of: UnixMillis,
    /// True if the store was not read.
    pub from_cache: bool,
}

/// The denylist of one bucket, as of a time.
struct BucketRead {
    list: Arc<BucketDenylist>,
    as_of: UnixMillis,
    from_cache: bool,
}

/// The result of a read that several calls may share.
#[derive(Clone)]
struct SharedDenylistRead {
    list: Arc<BucketDenylist>,
    started_at: ClockInstant,
    is_cached: bool,
}

impl DenylistReader {
    pub(in crate::near_cache) fn new(
        source: DenylistSource,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CacheObserver>,
        max_staleness: Duration,
    ) -> Self {
        let read_permits = std::sync::Arc::new(Semaphore::new(MAX_CONCURRENT_READS));
        Self { source, clock, observer, max_staleness, single_flight: SingleFlight::new(), read_permits }
    }

    /// Looks up IDs within the staleness bound: in the cached denylists whose leases prove them fresh enough, otherwise
    /// in the store.
    pub async fn read_bounded(&self, ids: &[JwtIdDigest]) -> Result<DenylistRead, StoreError> {
        let buckets: BucketSet = ids.iter().map(|id| id.bucket()).collect();
        let buckets: Vec<_> = buckets.iter().collect();
        let lists = self.read_buckets(&buckets).await;
        let mut read = DenylistRead { denial_ends: vec![None; ids.len()], as_of: self.clock.now(), from_cache: true };
        for list in lists.iter().flatten() {
            read.as_of = read.as_of.min(list.as_of);
            read.from_cache &= list.from_cache;
        }
        let mut unread = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            match buckets.binary_search(&id.bucket()).ok().and_then(|at| lists[at].as_ref().ok()) {
                Some(list) => read.denial_ends[index] = list.list.denial_end(id),
                None => unread.push(index),
            }
        }
        if unread.is_empty() {
            return Ok(read);
        }
        let stored = self.read_store(&unread.iter().map(|&index| ids[index]).collect::<Vec<_>>()).await?;
        for (index, ends_at) in unread.into_iter().zip(stored.denial_ends) {
            read.denial_ends[index] = ends_at;
        }
        Ok(DenylistRead { as_of: read.as_of.min(stored.as_of), from_cache: false, ..read })
    }

    /// Looks up IDs in the store, with every denial acknowledged before the call. Fails if the read gets no permit
    /// within `max_staleness`.
    pub async fn read_store(&self, ids: &[JwtIdDigest]) -> Result<DenylistRead, StoreError> {
        let _permit = timeout(self.max_staleness, self.read_permits.acquire()).await.map_err(|_| too_many_reads())?;
        let as_of = self.clock.now();
        let denial_ends = self.source.denylist.find_denials(ids).await?;
        Ok(DenylistRead { denial_ends, as_of, from_cache: false })
    }

    /// Reads the denylists of buckets, in the order given.
    async fn read_buckets(&self, buckets: &[Bucket]) -> Vec<Result<BucketRead, Fallback>> {
        join_all(buckets.iter().map(async |bucket| {
            let read = self.read_through(*bucket).await;
            read.inspect_err(|reason| self.observer.fell_back(*reason))
        }))
        .await
    }

    async fn read_through(&self, bucket: Bucket) -> Result<BucketRead, Fallback> {
        for _ in 0..ATTEMPTS {
            match self.look_up(bucket) {
                DenylistLookup::Hit { list, proof } => return Ok(self.record_hit(list, proof)),
                DenylistLookup::LeaseTooOld(lease) => {
                    wait_for_fresh_lease(&lease, self.clock.as_ref(), self.max_staleness).await?;
                }
                DenylistLookup::Miss(ticket) => {
                    if !ticket.lease.proof().is_fresh(self.clock.instant(), self.max_staleness) {
                        // The renewal is requested now, so that it runs in parallel with the read that it is to prove.
                        ticket.lease.request_renewal();
                    }
                    let read = self.read_shared(bucket, &ticket).await?;
                    wait_for_fresh_lease(&ticket.lease, self.clock.as_ref(), self.max_staleness).await?;
                    return Ok(BucketRead { list: read.list, as_of: read.started_at.wall_clock, from_cache: false });
                }
                DenylistLookup::NotTracked => return Err(Fallback::NotTracked),
            }
        }
        Err(Fallback::LeaseExpired)
    }

    fn look_up(&self, bucket: Bucket) -> DenylistLookup {
        let is_fresh = |proof: LeaseProof| proof.is_fresh(self.clock.instant(), self.max_staleness);
        self.source.memory.look_up_denylist(bucket, is_fresh)
    }

    fn record_hit(&self, list: Arc<BucketDenylist>, proof: LeaseProof) -> BucketRead {
        let now = self.clock.instant();
        let (as_of, age) = match proof {
            LeaseProof::AsOf(moment) => (moment.wall_clock, moment.elapsed_until(now)),
            LeaseProof::Unproven | LeaseProof::AsOfNow => (now.wall_clock, Duration::ZERO),
        };
        self.observer.hit(age);
        BucketRead { list, as_of, from_cache: true }
    }

    /// Reads under a ticket, and shares the read in flight if it is young enough.
    async fn read_shared(&self, bucket: Bucket, ticket: &DenylistTicket) -> Result<SharedDenylistRead, Fallback> {
        let now = self.clock.instant();
        let is_young = |begun: ClockInstant| begun.elapsed_until(now) < self.max_staleness / 2;
        let (source, read_ticket, permits) =
            (self.source.clone(), ticket.clone(), std::sync::Arc::clone(&self.read_permits));
        let read = || async move {
            let _permit = permits.acquire().await.map_err(|_| too_many_reads())?;
            let list = Arc::new(source.invalidations.read_denylist(&read_ticket.lease, bucket).await?);
            let is_cached = source.memory.insert_denylist(&read_ticket, bucket, &list);
            Ok(SharedDenylistRead { list, started_at: now, is_cached })
        };
        let (waiter, is_new) = self.single_flight.join(bucket, ticket, now, is_young, || read().boxed());
        // The limit is the same as for a proof: there must be time left to read the store itself.
        let outcome = timeout(self.max_staleness, waiter.wait()).await.map_err(|_| Fallback::LeaseExpired)?;
        let read = outcome.and_then(Result::ok).ok_or(Fallback::ReadFailed)?;
        if is_new {
            self.observer.missed(read.is_cached);
        } else {
            self.observer.joined();
        }
        Ok(read)
    }
}
