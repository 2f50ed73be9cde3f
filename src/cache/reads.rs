//! Reads of sessions: from memory under a young lease, else from the store.

use std::{cell::Cell, time::Duration};

use futures_util::FutureExt;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    flights::Flights,
    kept::Known,
    near::{Look, NearCache, Ticket},
    observer::{CacheObserver, Fallback},
    pass::{Pass, Present},
    revocation_reads::RevocationReads,
    spot_check::Sample,
};
use crate::{
    clock::Clock,
    domain::{Cause, SessionId, UnixMillis, time::Moment},
    store::{Found, Lease, Loaded, Proof, SessionStore, StoreError, Tombstone, TrackedRead, TrackedStore},
    sync::Arc,
};

/// How often a proof is waited for that is too old again when it is used.
const ATTEMPTS: usize = 4;

/// Reads of the store that a node has under way at most. A node whose memory is empty fills it at this rate, so that many
/// nodes that lost theirs together do not take a store down that has just come back.
pub const READS_AT_ONCE: usize = 256;

/// Where sessions are read.
#[derive(Clone)]
pub struct Source {
    pub store: Arc<dyn SessionStore>,
    /// The same store, telling of changes.
    pub tracked: Arc<dyn TrackedStore>,
    pub near: Arc<NearCache>,
    pub present: Present,
}

/// Reads for validations.
pub struct Reads {
    pub(super) source: Source,
    clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn CacheObserver>,
    /// No answer is given under an older proof.
    pub(super) max_staleness: Duration,
    pub(super) sample: Sample,
    flights: Flights<Result<Read, Arc<StoreError>>>,
    revocations: RevocationReads,
    /// A permit for each read of the store.
    turns: std::sync::Arc<Semaphore>,
}

/// What was seen of a session.
#[derive(Clone, Debug)]
pub struct Seen {
    pub standing: Standing,
    /// Every change answered before this is in it.
    pub as_of: UnixMillis,
    pub from_memory: bool,
}

/// How it stands with a session. Whether it has timed out is the reader's to compute.
#[derive(Clone, Debug)]
pub enum Standing {
    Live(Arc<Pass>),
    /// It was there when its tenant or everyone was signed out.
    MassRevoked(Arc<Pass>, UnixMillis, Arc<Cause>),
    Ended(Arc<Tombstone>),
    Missing,
}

impl From<Known> for Standing {
    fn from(known: Known) -> Self {
        match known {
            Known::Live(pass) => Self::Live(pass),
            Known::Ended(tombstone) => Self::Ended(tombstone),
            Known::Missing => Self::Missing,
        }
    }
}

/// What a read that others may share led to.
#[derive(Clone)]
struct Read {
    standing: Standing,
    begun: Moment,
    kept: bool,
}

impl Reads {
    #[must_use]
    pub fn new(
        source: Source,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CacheObserver>,
        max_staleness: Duration,
    ) -> Self {
        let turns = std::sync::Arc::new(Semaphore::new(READS_AT_ONCE));
        Self {
            source,
            clock,
            observer,
            max_staleness,
            sample: Sample::default(),
            flights: Flights::new(),
            revocations: RevocationReads::default(),
            turns,
        }
    }

    /// From memory, if it is there and proven: no I/O, no waiting.
    #[must_use]
    pub fn at_hand(&self, id: SessionId) -> Option<Seen> {
        match self.look_as_of(id) {
            (Look::Known { known, proof }, judged) => Some(self.hit(known, proof, judged)),
            (Look::Unproven(_) | Look::RevocationsPending(_) | Look::Unknown(_) | Look::Untold, _) => None,
        }
    }

    /// No older than the bound: from memory where that can be proven, else from the store.
    pub async fn bounded(&self, id: SessionId) -> Result<Seen, StoreError> {
        match self.proven(id).await {
            Ok(seen) => Ok(seen),
            Err(why) => {
                self.observer.fell_back(why);
                self.stored(id).await
            }
        }
    }

    /// Every change answered before is seen: from memory when all of them have been told, else from the store.
    pub async fn strong(&self, id: SessionId) -> Result<Seen, StoreError> {
        match self.caught_up(id).await {
            Some(seen) => Ok(seen),
            None => self.stored(id).await,
        }
    }

    /// From the store, activity and all. Fails where too many others are read for too long.
    pub async fn stored(&self, id: SessionId) -> Result<Seen, StoreError> {
        let _turn = timeout(self.max_staleness, self.turns.acquire()).await.map_err(|_| no_turn())?;
        let as_of = self.clock.now();
        let standing = self.source.load(id).await?;
        if let Standing::Live(pass) = &standing {
            // That is not told: whoever keeps the session knows of it from here on.
            self.source.near.was_active(id, pass.clock().last_active);
        }
        Ok(Seen { standing, as_of, from_memory: false })
    }

    async fn caught_up(&self, id: SessionId) -> Option<Seen> {
        let Source { near, tracked, .. } = &self.source;
        let (begun, bucket) = (self.clock.moment(), id.handle.bucket());
        let lease = near.lease(bucket)?;
        let mut look = near.look(id, |_| true);
        if matches!(look, Look::Known { .. } | Look::RevocationsPending(_)) {
            timeout(self.max_staleness, tracked.catch_up(&lease, bucket)).await.ok()?.ok()?;
            // Under this lease all is told by now, and under another one nothing is kept that was read before it. What
            // was not there before is not looked for again: it may be kept meanwhile and not be told to be over.
            look = near.look(id, |_| true);
        }
        if let Look::RevocationsPending(lease) = &look {
            self.list_revocations(lease).await.ok()?;
            look = near.look(id, |_| true);
        }
        match look {
            Look::Known { known, .. } => Some(Seen { standing: known.into(), as_of: begun.wall, from_memory: true }),
            Look::Unknown(ticket) => {
                let begun_later = |flight: Moment| flight.since_boot >= begun.since_boot;
                let read = self.read(id, &ticket, begun_later).await.ok()?;
                Some(Seen { standing: read.standing, as_of: begun.wall, from_memory: false })
            }
            Look::Unproven(_) | Look::RevocationsPending(_) | Look::Untold => None,
        }
    }

    async fn proven(&self, id: SessionId) -> Result<Seen, Fallback> {
        for _ in 0..ATTEMPTS {
            let (look, judged) = self.look_as_of(id);
            match look {
                Look::Known { known, proof } => return Ok(self.hit(known, proof, judged)),
                Look::Unproven(lease) => self.until_proven(&lease).await?,
                Look::RevocationsPending(lease) => self.list_revocations(&lease).await?,
                Look::Unknown(ticket) => {
                    if !self.is_proven(&ticket.lease) {
                        // Asked for at the same time as what it is to prove.
                        ticket.lease.want();
                    }
                    let now = self.clock.moment();
                    let is_young = |begun: Moment| begun.until(now) < self.max_staleness / 2;
                    let read = self.read(id, &ticket, is_young).await?;
                    self.until_proven(&ticket.lease).await?;
                    return Ok(Seen { standing: read.standing, as_of: read.begun.wall, from_memory: false });
                }
                Look::Untold => return Err(Fallback::Untold),
            }
        }
        Err(Fallback::Silent)
    }

    pub(super) fn look(&self, id: SessionId) -> Look {
        self.look_as_of(id).0
    }

    /// With the moment that the proof was judged by, if there was one to judge.
    fn look_as_of(&self, id: SessionId) -> (Look, Option<Moment>) {
        let judged = Cell::new(None);
        let look = self.source.near.look(id, |proof| {
            let now = self.clock.moment();
            judged.set(Some(now));
            proof.holds(now, self.max_staleness)
        });
        (look, judged.get())
    }

    fn hit(&self, known: Known, proof: Proof, judged: Option<Moment>) -> Seen {
        let now = judged.unwrap_or_else(|| self.clock.moment());
        let (as_of, age) = match proof {
            Proof::AsOf(moment) => (moment.wall, moment.until(now)),
            Proof::Nothing | Proof::AsOfNow => (now.wall, Duration::ZERO),
        };
        self.observer.hit(age);
        if let Known::Live(pass) = &known {
            self.sample.offer(pass.id);
        }
        Seen { standing: known.into(), as_of, from_memory: true }
    }

    /// Reads under a ticket, together with whoever else does if that read is young enough.
    async fn read(&self, id: SessionId, ticket: &Ticket, is_young: impl Fn(Moment) -> bool) -> Result<Read, Fallback> {
        let now = self.clock.moment();
        let (source, held, turns) = (self.source.clone(), ticket.clone(), std::sync::Arc::clone(&self.turns));
        let read = || async move {
            let _turn = turns.acquire().await.map_err(|_| no_turn())?;
            source.read(id, held, now).await
        };
        let (seat, is_new) = self.flights.board(id, ticket, now, is_young, || read().boxed());
        // No longer than for a proof: there must be time left to ask the store itself.
        let landed = timeout(self.max_staleness, seat.landed()).await.map_err(|_| Fallback::Silent)?;
        let read = landed.and_then(Result::ok).ok_or(Fallback::Failed)?;
        if is_new {
            self.observer.missed(read.kept);
        } else {
            self.observer.joined();
        }
        Ok(read)
    }

    /// Has the mass revocations listed that cached sessions wait for.
    async fn list_revocations(&self, lease: &Arc<Lease>) -> Result<(), Fallback> {
        let read = || list_revocations(self.source.clone(), Arc::clone(lease)).boxed();
        let listed = timeout(self.max_staleness, self.revocations.join(lease, read)).await;
        if listed.map_err(|_| Fallback::Silent)? { Ok(()) } else { Err(Fallback::Failed) }
    }

    fn is_proven(&self, lease: &Lease) -> bool {
        lease.proof().holds(self.clock.moment(), self.max_staleness)
    }

    /// Waits for a proof, no longer than one would hold.
    async fn until_proven(&self, lease: &Lease) -> Result<(), Fallback> {
        let enough = |proof: Proof| proof.holds(self.clock.moment(), self.max_staleness);
        if enough(lease.proof()) {
            return Ok(());
        }
        lease.want();
        match timeout(self.max_staleness, lease.until_proven(enough)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fallback::Untold),
            Err(_) => Err(Fallback::Silent),
        }
    }
}

/// Reads the mass revocations of every bucket that waits for some, and lists them. Returns whether they could be read.
async fn list_revocations(source: Source, lease: Arc<Lease>) -> bool {
    let tickets = source.near.pending_revocations(&lease);
    let since: Vec<_> = tickets.iter().map(|ticket| (ticket.bucket, ticket.since)).collect();
    let Ok(found) = source.tracked.read_revocations(&lease, &since).await else { return false };
    for found in &found {
        if let Some(ticket) = tickets.iter().find(|ticket| ticket.bucket == found.bucket) {
            source.near.list_revocations(ticket, found);
        }
    }
    true
}

fn no_turn() -> StoreError {
    let why = "too many sessions are being read at the same time";
    StoreError::Unreachable { during: "waiting for a turn to read a session", source: why.into() }
}

impl Source {
    /// Reads past the memory.
    pub(super) async fn load(&self, id: SessionId) -> Result<Standing, StoreError> {
        Ok(match self.store.load(id).await? {
            Loaded::Found(found) => {
                let Found { session, mass_revoked } = *found;
                let pass = Arc::new(Pass::new(session, self.present));
                match mass_revoked {
                    None => Standing::Live(pass),
                    Some((at, cause)) => Standing::MassRevoked(pass, at, Arc::new(cause)),
                }
            }
            Loaded::Ended(tombstone) => Standing::Ended(Arc::new(tombstone)),
            Loaded::Missing => Standing::Missing,
        })
    }

    /// Reads what changes are told of, and keeps it.
    async fn read(self, id: SessionId, ticket: Ticket, begun: Moment) -> Result<Read, Arc<StoreError>> {
        let TrackedRead { found, raised } = self.tracked.read(&ticket.lease, id).await?;
        if let Some((session, generation)) = found
            && raised.concerning.is_none_or(|concerning| concerning <= generation)
        {
            let pass = Arc::new(Pass::new(session, self.present));
            let kept = self.near.keep(&ticket, id, Known::Live(Arc::clone(&pass)), Some(raised.latest));
            return Ok(Read { standing: Standing::Live(pass), begun, kept });
        }
        // Why it is over is not told of, and need not be: it does not change.
        let standing = self.load(id).await?;
        let known = match &standing {
            Standing::Ended(tombstone) => Some(Known::Ended(Arc::clone(tombstone))),
            Standing::Missing => Some(Known::Missing),
            Standing::Live(_) | Standing::MassRevoked(..) => None,
        };
        let kept = known.is_some_and(|known| self.near.keep(&ticket, id, known, None));
        Ok(Read { standing, begun, kept })
    }
}
