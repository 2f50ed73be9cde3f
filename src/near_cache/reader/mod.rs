//! Reads of sessions and denylists: from the cache under a fresh lease, otherwise from the store.

mod denylist;
mod revocation_reads;
mod single_flight;
mod spot_check;
mod store_reader;

use std::{cell::Cell, time::Duration};

use futures_util::FutureExt;
use tokio::time::timeout;

use self::{
    revocation_reads::RevocationReads, single_flight::SingleFlight, spot_check::HitSample, store_reader::too_many_reads,
};
use super::{
    memory::{CacheLookup, CacheMemory, ReadTicket},
    observer::{CacheObserver, Fallback},
    session_read::{ReadOrigin, SessionRead, SessionStatus},
    source::{Lease, LeaseProof},
};
use crate::{
    clock::Clock,
    domain::{SessionId, time::ClockInstant},
    store::StoreError,
    sync::Arc,
};

pub(super) use self::{denylist::DenylistSource, store_reader::StoreReader};
pub use self::{
    denylist::{DenylistRead, DenylistReader},
    spot_check::SpotCheckResult,
    store_reader::MAX_CONCURRENT_READS,
};

/// The number of look-ups of one bounded read, in case a proof is too old again by the time of its use.
const ATTEMPTS: usize = 4;

/// Reads sessions for validations.
pub struct SessionReader {
    memory: Arc<CacheMemory>,
    store: Arc<StoreReader>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn CacheObserver>,
    /// The maximum age of a lease proof under which a cached session is served.
    max_staleness: Duration,
    sample: HitSample,
    /// The reads in flight, each `None` if it failed.
    single_flight: SingleFlight<SessionId, ReadTicket, Option<SessionRead>>,
    revocation_reads: RevocationReads,
}

impl SessionReader {
    pub(super) fn new(
        store: StoreReader,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CacheObserver>,
        max_staleness: Duration,
    ) -> Self {
        Self {
            memory: Arc::clone(&store.memory),
            store: Arc::new(store),
            clock,
            observer,
            max_staleness,
            sample: HitSample::default(),
            single_flight: SingleFlight::new(),
            revocation_reads: RevocationReads::default(),
        }
    }

    /// Returns the session if it is cached under a fresh lease. Does no I/O and does not wait.
    #[must_use]
    pub fn try_cached(&self, id: SessionId) -> Option<SessionRead> {
        match self.look_up_timed(id) {
            (CacheLookup::Hit { status, proof }, checked_at) => Some(self.record_hit(status, proof, checked_at)),
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
            Ok(read) => Ok(read),
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
            Some(read) => Ok(read),
            None => Box::pin(self.read_store(id)).await,
        }
    }

    /// Reads a session from the store, including its activity. Fails if the read gets no permit within `max_staleness`.
    pub async fn read_store(&self, id: SessionId) -> Result<SessionRead, StoreError> {
        let _permit =
            timeout(self.max_staleness, self.store.acquire_permit()).await.map_err(|_| too_many_reads())??;
        let as_of = self.clock.now();
        let status = self.store.load(id).await?;
        if let SessionStatus::Live(live) = &status {
            // Activity causes no invalidation, so it is passed on to the cached session.
            self.memory.record_activity(id, live.clock().last_active);
        }
        Ok(SessionRead { status, as_of, origin: ReadOrigin::Store { is_cached: false } })
    }

    async fn read_caught_up(&self, id: SessionId) -> Option<SessionRead> {
        let (begun, bucket) = (self.clock.instant(), id.handle.bucket());
        let lease = self.memory.lease(bucket)?;
        let mut lookup = self.memory.look_up(id, |_| true);
        if matches!(lookup, CacheLookup::Hit { .. } | CacheLookup::RevocationsPending(_)) {
            timeout(self.max_staleness, self.store.source.catch_up(&lease, bucket)).await.ok()?.ok()?;
            // Under this lease every invalidation so far has arrived. Under another one, no session is cached that was
            // read before it. A session that was not cached before is not looked up again: it may have been cached
            // meanwhile, without the invalidation of its end.
            lookup = self.memory.look_up(id, |_| true);
        }
        if let CacheLookup::RevocationsPending(lease) = &lookup {
            Box::pin(self.load_revocations(lease)).await.ok()?;
            lookup = self.memory.look_up(id, |_| true);
        }
        match lookup {
            CacheLookup::Hit { status, .. } => {
                Some(SessionRead { status, as_of: begun.wall_clock, origin: ReadOrigin::Cache })
            }
            CacheLookup::Miss(ticket) => {
                let begun_later = |flight: ClockInstant| flight.since_boot >= begun.since_boot;
                let read = Box::pin(self.read_shared(id, &ticket, begun_later)).await.ok()?;
                Some(SessionRead { as_of: begun.wall_clock, ..read })
            }
            CacheLookup::LeaseTooOld(_) | CacheLookup::RevocationsPending(_) | CacheLookup::NotTracked => None,
        }
    }

    async fn read_through(&self, id: SessionId) -> Result<SessionRead, Fallback> {
        for _ in 0..ATTEMPTS {
            let (lookup, checked_at) = self.look_up_timed(id);
            match lookup {
                CacheLookup::Hit { status, proof } => return Ok(self.record_hit(status, proof, checked_at)),
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
                    return Ok(read);
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
        let lookup = self.memory.look_up(id, |proof| {
            let now = self.clock.instant();
            checked_at.set(Some(now));
            proof.is_fresh(now, self.max_staleness)
        });
        (lookup, checked_at.get())
    }

    fn record_hit(&self, status: SessionStatus, proof: LeaseProof, checked_at: Option<ClockInstant>) -> SessionRead {
        let now = checked_at.unwrap_or_else(|| self.clock.instant());
        let (as_of, age) = match proof {
            LeaseProof::AsOf(moment) => (moment.wall_clock, moment.elapsed_until(now)),
            LeaseProof::Unproven | LeaseProof::AsOfNow => (now.wall_clock, Duration::ZERO),
        };
        self.observer.hit(age);
        if let SessionStatus::Live(live) = &status {
            self.sample.offer(live.id);
        }
        SessionRead { status, as_of, origin: ReadOrigin::Cache }
    }

    /// Reads under a ticket, and shares the read in flight if it is young enough.
    async fn read_shared(
        &self,
        id: SessionId,
        ticket: &ReadTicket,
        is_young: impl Fn(ClockInstant) -> bool,
    ) -> Result<SessionRead, Fallback> {
        let now = self.clock.instant();
        let (store, read_ticket) = (Arc::clone(&self.store), ticket.clone());
        let read = || async move { store.read_and_cache(id, &read_ticket, now).await.ok() };
        let (waiter, is_new) = self.single_flight.join(id, ticket, now, is_young, || read().boxed());
        // The limit is the same as for a proof: there must be time left to read the store itself.
        let read = timeout(self.max_staleness, waiter.wait()).await.map_err(|_| Fallback::LeaseExpired)?;
        let read = read.flatten().ok_or(Fallback::ReadFailed)?;
        if is_new {
            self.observer.missed(read.origin == ReadOrigin::Store { is_cached: true });
        } else {
            self.observer.joined();
        }
        Ok(read)
    }

    /// Reads the mass revocations that cached sessions wait for, and adds them to the lists of their buckets.
    async fn load_revocations(&self, lease: &Arc<Lease>) -> Result<(), Fallback> {
        let (store, read_lease) = (Arc::clone(&self.store), Arc::clone(lease));
        let read = || async move { store.read_pending_revocations(&read_lease).await };
        let listed = timeout(self.max_staleness, self.revocation_reads.join(lease, || read().boxed())).await;
        if listed.map_err(|_| Fallback::LeaseExpired)? { Ok(()) } else { Err(Fallback::ReadFailed) }
    }

    fn is_lease_fresh(&self, lease: &Lease) -> bool {
        lease.proof().is_fresh(self.clock.instant(), self.max_staleness)
    }

    /// Waits for a fresh proof, for no longer than one would be valid.
    async fn wait_for_fresh_lease(&self, lease: &Lease) -> Result<(), Fallback> {
        wait_for_fresh_lease(lease, self.clock.as_ref(), self.max_staleness).await
    }
}

/// Waits for a proof that is younger than `bound`, for no longer than `bound`.
async fn wait_for_fresh_lease(lease: &Lease, clock: &dyn Clock, bound: Duration) -> Result<(), Fallback> {
    let enough = |proof: LeaseProof| proof.is_fresh(clock.instant(), bound);
    if enough(lease.proof()) {
        return Ok(());
    }
    lease.request_renewal();
    match timeout(bound, lease.wait_for_proof(enough)).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Fallback::NotTracked),
        Err(_) => Err(Fallback::LeaseExpired),
    }
}
