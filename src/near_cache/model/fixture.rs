//! The fixture of the models: a store with one session, the source of its invalidations, and a cache.

use std::time::Duration;

use crate::{
    domain::{
        Bucket, Owner, Record, Session, SessionClock, SessionId, TenantId, UnixMillis, UserHandle,
        event::RevocationScope, time::ClockInstant,
    },
    near_cache::{
        CacheLookup, CacheMemory, LiveSession, ReadTicket, SessionStatus,
        source::{Invalidation, InvalidationListener, Lease, LeaseProof, RevocationsSince},
    },
    store::record::Generation,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

pub const ID: SessionId = SessionId { handle: UserHandle([7; 12]), unique: [1; 8] };

/// A session of another tenant in the same bucket.
const OTHER: SessionId = SessionId { handle: UserHandle([7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]), unique: [2; 8] };

/// A time when the session was still active, and one after its end.
pub const BEFORE: u64 = 1;
pub const AFTER: u64 = 2;

pub struct LoomFixture {
    pub memory: CacheMemory,
    pub lease: Arc<Lease>,
    store: Mutex<ModelStore>,
    live_session: Arc<LiveSession>,
    /// A flag that is set without any memory order of its own.
    pub notified: AtomicBool,
}

/// The contents of the store.
#[derive(Clone)]
struct ModelStore {
    exists: bool,
    /// The mass revocations. Each raised the generation by one.
    revoked: Vec<RevocationScope>,
}

impl ModelStore {
    fn generation(&self) -> Generation {
        Generation::try_from(self.revoked.len()).expect("few revocations")
    }
}

impl LoomFixture {
    /// Creates a fixture whose bucket is tracked, with every invalidation up to [`BEFORE`] received.
    pub fn new() -> Arc<Self> {
        let session = session();
        let world = Self {
            memory: CacheMemory::new(1 << 20),
            lease: Arc::new(Lease::new()),
            store: Mutex::new(ModelStore { exists: true, revoked: Vec::new() }),
            live_session: Arc::new(LiveSession::new(session, |_| Box::default())),
            notified: AtomicBool::new(false),
        };
        world.memory.attach(Self::bucket(), &world.lease);
        world.lease.renew(at(BEFORE));
        Arc::new(world)
    }

    /// Creates a fixture with the session in the cache.
    pub fn with_cached_session() -> Arc<Self> {
        let world = Self::new();
        assert!(world.fill());
        world
    }

    /// Creates a fixture with a session of another tenant in the cache.
    pub fn with_other_tenant() -> Arc<Self> {
        let world = Self::new();
        let owner = Owner::new("globex", "bob").expect("an owner");
        let live = LiveSession::new(Session { id: OTHER, owner, ..session() }, |_| Box::default());
        let CacheLookup::Miss(ticket) = world.memory.look_up(OTHER, |_| true) else { panic!("expected a miss") };
        assert!(world.memory.insert(&ticket, OTHER, SessionStatus::Live(Arc::new(live)), 0));
        world
    }

    pub const fn bucket() -> Bucket {
        ID.handle.bucket()
    }

    pub fn end_session(&self) {
        self.store.lock().expect("the store").exists = false;
    }

    pub fn sign_everyone_out(&self) {
        self.sign_out([RevocationScope::Everyone]);
    }

    pub fn sign_out(&self, scopes: impl IntoIterator<Item = RevocationScope>) {
        self.store.lock().expect("the store").revoked.extend(scopes);
    }

    pub fn notify(&self, change: Invalidation) {
        self.memory.invalidate(change);
        self.notified.store(true, Ordering::Relaxed);
    }

    /// Ends the session, sends its invalidation, and then renews the lease.
    pub fn end_and_renew_lease(&self) {
        self.end_session();
        self.notify(Invalidation::User(ID.handle));
        self.lease.renew(at(AFTER));
    }

    /// Returns a ticket for a read that starts now, unless the session is cached.
    pub fn ticket(&self) -> Option<ReadTicket> {
        match self.memory.look_up(ID, |_| true) {
            CacheLookup::Miss(ticket) => Some(ticket),
            _ => None,
        }
    }

    pub fn read(&self) -> (SessionStatus, Generation) {
        let stored = self.store.lock().expect("the store").clone();
        let is_revoked =
            stored.revoked.iter().any(|scope| *scope == RevocationScope::Everyone || *scope == own_tenant());
        let is_live = stored.exists && !is_revoked;
        let status = if is_live { SessionStatus::Live(Arc::clone(&self.live_session)) } else { SessionStatus::Missing };
        (status, stored.generation())
    }

    pub fn insert(&self, ticket: &ReadTicket, (status, latest): (SessionStatus, Generation)) -> bool {
        self.memory.insert(ticket, ID, status, latest)
    }

    /// Reads and applies mass revocations as [`crate::near_cache::SessionReader`] does, if cached sessions wait for some.
    pub fn apply_revocations(&self) {
        if let Some(ticket) = self.memory.pending_revocations_of(Self::bucket(), &self.lease) {
            self.memory.apply_revocations(&ticket, &self.revocations_since(ticket.since));
        }
    }

    /// Does the same with a ticket taken after the read, so that a revocation announced meanwhile goes unnoticed.
    pub fn apply_revocations_with_late_ticket(&self) {
        let found = self.revocations_since(0);
        if let Some(ticket) = self.memory.pending_revocations_of(Self::bucket(), &self.lease) {
            self.memory.apply_revocations(&ticket, &found);
        }
    }

    fn revocations_since(&self, since: Generation) -> RevocationsSince {
        let stored = self.store.lock().expect("the store").clone();
        let numbered = stored.revoked.iter().cloned().zip(1..);
        let scopes = numbered.filter(|(_, generation)| *generation > since).collect();
        RevocationsSince { bucket: Self::bucket(), latest: stored.generation(), scopes: Some(scopes) }
    }

    /// Reads and caches the session as [`crate::near_cache::SessionReader`] does. Returns whether it was cached.
    pub fn fill(&self) -> bool {
        self.ticket().is_some_and(|ticket| self.insert(&ticket, self.read()))
    }

    /// Does the same with a ticket taken after the read, so that a change meanwhile goes unnoticed.
    pub fn fill_with_a_late_ticket(&self) -> bool {
        let read = self.read();
        self.ticket().is_some_and(|ticket| self.insert(&ticket, read))
    }

    /// Returns the proof under which the session is found active.
    pub fn proof_if_live(&self) -> Option<LeaseProof> {
        match self.memory.look_up(ID, |proof| proof != LeaseProof::Unproven) {
            CacheLookup::Hit { status: SessionStatus::Live(_), proof } => Some(proof),
            _ => None,
        }
    }

    pub fn assert_not_live_after_end(&self) {
        assert_ne!(self.proof_if_live(), Some(LeaseProof::AsOf(at(AFTER))), "an ended session is accepted");
    }
}

/// Returns the scope of the session's tenant.
pub fn own_tenant() -> RevocationScope {
    RevocationScope::Tenant(session().owner.tenant)
}

/// Returns the scopes of `number` other tenants.
pub fn other_tenants(number: usize) -> Vec<RevocationScope> {
    (0..number)
        .map(|number| RevocationScope::Tenant(TenantId::new(&format!("tenant-{number}")).expect("a tenant")))
        .collect()
}

pub const fn at(millis: u64) -> ClockInstant {
    ClockInstant { since_boot: Duration::from_millis(millis), wall_clock: UnixMillis::new(millis) }
}

fn session() -> Session {
    Session {
        id: ID,
        owner: Owner::new("acme", "ann").expect("an owner"),
        record: Record { created_at: UnixMillis::new(0), authenticated_at: UnixMillis::new(0), ..Record::sample() },
        clock: SessionClock {
            last_active: UnixMillis::new(0),
            idle_timeout: Duration::ZERO,
            idle_margin: Duration::ZERO,
            expires_at: UnixMillis::MAX,
            device: [0; 8],
        },
    }
}
