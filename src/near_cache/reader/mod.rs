//! Reads of sessions: from the cache under a fresh lease, otherwise from the store.

mod hit_sample;
mod revocation_reads;
mod single_flight;
mod spot_check;

use std::{cell::Cell, time::Duration};

use futures_util::FutureExt;
use tokio::{sync::Semaphore, time::timeout};

use self::{hit_sample::HitSample, revocation_reads::RevocationReads, single_flight::SingleFlight};
use super::{
    live_session::{LiveSession, SessionEncoder},
    memory::{CacheEntry, CacheLookup, NearCache, ReadTicket},
    observer::{CacheObserver, Fallback},
};
use crate::{
    clock::Clock,
    domain::{Cause, SessionId, UnixMillis, time::ClockInstant},
    near_cache::source::{InvalidationSource, Lease, LeaseProof, TrackedRead},
    store::{LoadOutcome, LoadedSession, SessionStore, StoreError, Tombstone},
    sync::Arc,
};

pub use spot_check::SpotCheckResult;

/// The number of look-ups of one bounded read, in case a proof is too old again by the time of its use.
const ATTEMPTS: usize = 4;

/// The maximum number of concurrent reads of the store per node. A node with an empty cache fills it at this rate, so
/// that many nodes that lost their caches together do not take down a store that has just recovered.
pub const MAX_CONCURRENT_READS: usize = 256;

/// The source of session reads: the store, its invalidations and the cache.
#[derive(Clone)]
pub struct SessionSource {
    pub store: Arc<dyn SessionStore>,
    /// The same store, as the source of invalidations.
    pub invalidation_source: Arc<dyn InvalidationSource>,
    pub cache: Arc<NearCache>,
    pub encode_session: SessionEncoder,
}

/// Reads sessions for validations.
pub struct SessionReader {
    source: SessionSource,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn CacheObserver>,
    /// The maximum age of a lease proof under which a cached session is served.
    max_staleness: Duration,
    sample: HitSample,
    single_flight: SingleFlight<Result<SharedRead, Arc<StoreError>>>,
    revocation_reads: RevocationReads,
    /// The read permits: each read of the store holds one.
    read_permits: std::sync::Arc<Semaphore>,
}

/// The result of reading a session.
#[derive(Clone, Debug)]
pub struct SessionRead {
    pub status: SessionStatus,
    /// The time before which every acknowledged change is included.
    pub as_of: UnixMillis,
    pub from_cache: bool,
}

/// The state of a session, apart from its timeouts: the caller computes whether it has timed out.
#[derive(Clone, Debug)]
pub enum SessionStatus {
    Live(Arc<LiveSession>),
    /// The session existed when its tenant or everyone was signed out.
    MassRevoked(Arc<LiveSession>, UnixMillis, Arc<Cause>),
    Ended(Arc<Tombstone>),
    Missing,
}

impl From<CacheEntry> for SessionStatus {
    fn from(known: CacheEntry) -> Self {
        match known {
            CacheEntry::Live(pass) => Self::Live(pass),
            CacheEntry::Ended(tombstone) => Self::Ended(tombstone),
            CacheEntry::Missing => Self::Missing,
        }
    }
}

/// The result of a read that several calls may share.
#[derive(Clone)]
struct SharedRead {
    status: SessionStatus,
    started_at: ClockInstant,
    is_cached: bool,
}

impl SessionReader {
    #[must_use]
    pub fn new(
        source: SessionSource,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CacheObserver>,
        max_staleness: Duration,
    ) -> Self {
        let read_permits = std::sync::Arc::new(Semaphore::new(MAX_CONCURRENT_READS));
        Self {
            source,
            clock,
            observer,
            max_staleness,
            sample: HitSample::default(),
            single_flight: SingleFlight::new(),
            revocation_reads: RevocationReads::default(),
            read_permits,
        }
    }

    /// Returns the session if it is cached under a fresh lease. Does no I/O and does not wait.
    #[must_use]
    pub fn try_cached(&self, id: SessionId) -> Option<SessionRead> {
        match self.look_up_timed(id) {
            (CacheLookup::Hit { entry: known, proof }, judged) => Some(self.record_hit(known, proof, judged)),
            (
                CacheLookup::LeaseTooOld(_)
                | CacheLookup::RevocationsPending(_)
                | CacheLookup::Miss(_)
                | CacheLookup::NotTracked,
                _,
            ) => None,
        }
    }

    /// Reads a session within the staleness bound: from the cache if a lease proves it fresh enough, otherwise from the
    /// store.
    pub async fn read_bounded(&self, id: SessionId) -> Result<SessionRead, StoreError> {
        match self.read_through(id).await {
            Ok(seen) => Ok(seen),
            Err(reason) => {
                self.observer.fell_back(reason);
                self.read_store(id).await
            }
        }
    }

    /// Reads a session with every change acknowledged before the call: from the cache once all invalidations so far
    /// have arrived, otherwise from the store.
    pub async fn read_strong(&self, id: SessionId) -> Result<SessionRead, StoreError> {
        match self.read_caught_up(id).await {
            Some(seen) => Ok(seen),
            None => self.read_store(id).await,
        }
    }

    /// Reads a session from the store, including its activity. Fails if the read gets no permit within `max_staleness`.
    pub async fn read_store(&self, id: SessionId) -> Result<SessionRead, StoreError> {
        let _permit = timeout(self.max_staleness, self.read_permits.acquire()).await.map_err(|_| too_many_reads())?;
        let as_of = self.clock.now();
        let status = self.source.load(id).await?;
        if let SessionStatus::Live(pass) = &status {
            // Activity causes no invalidation, so it is passed on to the cached session.
            self.source.cache.record_activity(id, pass.clock().last_active);
        }
        Ok(SessionRead { status, as_of, from_cache: false })
    }

    async fn read_caught_up(&self, id: SessionId) -> Option<SessionRead> {
        let SessionSource { cache, invalidation_source, .. } = &self.source;
        let (begun, bucket) = (self.clock.instant(), id.handle.bucket());
        let lease = cache.lease(bucket)?;
        let mut lookup = cache.look_up(id, |_| true);
        if matches!(lookup, CacheLookup::Hit { .. } | CacheLookup::RevocationsPending(_)) {
            timeout(self.max_staleness, invalidation_source.catch_up(&lease, bucket)).await.ok()?.ok()?;
            // Under this lease every invalidation so far has arrived. Under another one, no session is cached that was
            // read before it. A session that was not cached before is not looked up again: it may have been cached
            // meanwhile, without the invalidation of its end.
            lookup = cache.look_up(id, |_| true);
        }
        if let CacheLookup::RevocationsPending(lease) = &lookup {
            self.load_revocations(lease).await.ok()?;
            lookup = cache.look_up(id, |_| true);
        }
        match lookup {
            CacheLookup::Hit { entry: known, .. } => {
                Some(SessionRead { status: known.into(), as_of: begun.wall_clock, from_cache: true })
            }
            CacheLookup::Miss(ticket) => {
                let begun_later = |flight: ClockInstant| flight.since_boot >= begun.since_boot;
                let read = self.read_shared(id, &ticket, begun_later).await.ok()?;
                Some(SessionRead { status: read.status, as_of: begun.wall_clock, from_cache: false })
            }
            CacheLookup::LeaseTooOld(_) | CacheLookup::RevocationsPending(_) | CacheLookup::NotTracked => None,
        }
    }

    async fn read_through(&self, id: SessionId) -> Result<SessionRead, Fallback> {
        for _ in 0..ATTEMPTS {
            let (lookup, checked_at) = self.look_up_timed(id);
            match lookup {
                CacheLookup::Hit { entry: known, proof } => return Ok(self.record_hit(known, proof, checked_at)),
                CacheLookup::LeaseTooOld(lease) => self.wait_for_fresh_lease(&lease).await?,
                CacheLookup::RevocationsPending(lease) => self.load_revocations(&lease).await?,
                CacheLookup::Miss(ticket) => {
                    if !self.is_lease_fresh(&ticket.lease) {
                        // The renewal is requested now, so that it runs in parallel with the read that it is to prove.
                        ticket.lease.request_renewal();
                    }
                    let now = self.clock.instant();
                    let is_young = |begun: ClockInstant| begun.elapsed_until(now) < self.max_staleness / 2;
                    let read = self.read_shared(id, &ticket, is_young).await?;
                    self.wait_for_fresh_lease(&ticket.lease).await?;
                    return Ok(SessionRead {
                        status: read.status,
                        as_of: read.started_at.wall_clock,
                        from_cache: false,
                    });
                }
                CacheLookup::NotTracked => return Err(Fallback::NotTracked),
            }
        }
        Err(Fallback::LeaseExpired)
    }

    fn look_up(&self, id: SessionId) -> CacheLookup {
        self.look_up_timed(id).0
    }

    /// Looks up a session. Also returns the time at which the proof was checked, if there was one to check.
    fn look_up_timed(&self, id: SessionId) -> (CacheLookup, Option<ClockInstant>) {
        let checked_at = Cell::new(None);
        let lookup = self.source.cache.look_up(id, |proof| {
            let now = self.clock.instant();
            checked_at.set(Some(now));
            proof.is_fresh(now, self.max_staleness)
        });
        (lookup, checked_at.get())
    }

    fn record_hit(&self, entry: CacheEntry, proof: LeaseProof, checked_at: Option<ClockInstant>) -> SessionRead {
        let now = checked_at.unwrap_or_else(|| self.clock.instant());
        let (as_of, age) = match proof {
            LeaseProof::AsOf(moment) => (moment.wall_clock, moment.elapsed_until(now)),
            LeaseProof::Unproven | LeaseProof::AsOfNow => (now.wall_clock, Duration::ZERO),
        };
        self.observer.hit(age);
        if let CacheEntry::Live(pass) = &entry {
            self.sample.offer(pass.id);
        }
        SessionRead { status: entry.into(), as_of, from_cache: true }
    }

    /// Reads under a ticket, and shares the read in flight if it is young enough.
    async fn read_shared(
        &self,
        id: SessionId,
        ticket: &ReadTicket,
        is_young: impl Fn(ClockInstant) -> bool,
    ) -> Result<SharedRead, Fallback> {
        let now = self.clock.instant();
        let (source, read_ticket, read_permits) =
            (self.source.clone(), ticket.clone(), std::sync::Arc::clone(&self.read_permits));
        let read = || async move {
            let _permit = read_permits.acquire().await.map_err(|_| too_many_reads())?;
            source.read_and_cache(id, read_ticket, now).await
        };
        let (waiter, is_new) = self.single_flight.join(id, ticket, now, is_young, || read().boxed());
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

    /// Reads the mass revocations that cached sessions wait for, and adds them to the lists of their buckets.
    async fn load_revocations(&self, lease: &Arc<Lease>) -> Result<(), Fallback> {
        let read = || read_pending_revocations(self.source.clone(), Arc::clone(lease)).boxed();
        let listed = timeout(self.max_staleness, self.revocation_reads.join(lease, read)).await;
        if listed.map_err(|_| Fallback::LeaseExpired)? { Ok(()) } else { Err(Fallback::ReadFailed) }
    }

    fn is_lease_fresh(&self, lease: &Lease) -> bool {
        lease.proof().is_fresh(self.clock.instant(), self.max_staleness)
    }

    /// Waits for a fresh proof, for no longer than one would be valid.
    async fn wait_for_fresh_lease(&self, lease: &Lease) -> Result<(), Fallback> {
        let enough = |proof: LeaseProof| proof.is_fresh(self.clock.instant(), self.max_staleness);
        if enough(lease.proof()) {
            return Ok(());
        }
        lease.request_renewal();
        match timeout(self.max_staleness, lease.wait_for_proof(enough)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fallback::NotTracked),
            Err(_) => Err(Fallback::LeaseExpired),
        }
    }
}

/// Reads the mass revocations of every bucket that waits for some, and adds them to its list. Returns whether the read
/// succeeded.
async fn read_pending_revocations(source: SessionSource, lease: Arc<Lease>) -> bool {
    let tickets = source.cache.pending_revocations(&lease);
    let since: Vec<_> = tickets.iter().map(|ticket| (ticket.bucket, ticket.since)).collect();
    let Ok(found) = source.invalidation_source.read_revocations(&lease, &since).await else { return false };
    for found in &found {
        if let Some(ticket) = tickets.iter().find(|ticket| ticket.bucket == found.bucket) {
            source.cache.apply_revocations(ticket, found);
        }
    }
    true
}

fn too_many_reads() -> StoreError {
    StoreError::Unreachable { during: "waiting for a read permit", source: "too many concurrent session reads".into() }
}

impl SessionSource {
    /// Reads a session from the store, bypassing the cache.
    async fn load(&self, id: SessionId) -> Result<SessionStatus, StoreError> {
        Ok(match self.store.load(id).await? {
            LoadOutcome::Found(found) => {
                let LoadedSession { session, mass_revoked } = *found;
                let live = Arc::new(LiveSession::new(session, self.encode_session));
                match mass_revoked {
                    None => SessionStatus::Live(live),
                    Some((at, cause)) => SessionStatus::MassRevoked(live, at, Arc::new(cause)),
                }
            }
            LoadOutcome::Ended(tombstone) => SessionStatus::Ended(Arc::new(tombstone)),
            LoadOutcome::NotFound => SessionStatus::Missing,
        })
    }

    /// Reads a session under a tracked bucket, and caches it.
    async fn read_and_cache(
        self,
        id: SessionId,
        ticket: ReadTicket,
        begun: ClockInstant,
    ) -> Result<SharedRead, Arc<StoreError>> {
        let TrackedRead { found, generations: raised } =
            self.invalidation_source.read_session(&ticket.lease, id).await?;
        if let Some((session, generation)) = found
            && raised.for_tenant.is_none_or(|concerning| concerning <= generation)
        {
            let live = Arc::new(LiveSession::new(session, self.encode_session));
            let is_cached = self.cache.insert(&ticket, id, CacheEntry::Live(Arc::clone(&live)), Some(raised.latest));
            return Ok(SharedRead { status: SessionStatus::Live(live), started_at: begun, is_cached });
        }
        // The reason of an end is read without tracking, because it never changes.
        let status = self.load(id).await?;
        let entry = match &status {
            SessionStatus::Ended(tombstone) => Some(CacheEntry::Ended(Arc::clone(tombstone))),
            SessionStatus::Missing => Some(CacheEntry::Missing),
            SessionStatus::Live(_) | SessionStatus::MassRevoked(..) => None,
        };
        let is_cached = entry.is_some_and(|known| self.cache.insert(&ticket, id, known, None));
        Ok(SharedRead { status, started_at: begun, is_cached })
    }
}
