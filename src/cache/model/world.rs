//! A store with one session, whoever tells of its changes, and a cache.

use std::time::Duration;

use crate::{
    cache::{Known, Look, NearCache, Pass, Ticket},
    domain::{
        Bucket, Data, Device, Location, Owner, Record, SecretHash, Session, SessionClock, SessionId, TenantId,
        UnixMillis, UserHandle, event::Scope, time::Moment,
    },
    store::{Change, ChangeListener, Lease, Proof, RevocationsSince, record::Generation},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

pub const ID: SessionId = SessionId { handle: UserHandle([7; 12]), unique: [1; 8] };

/// A session of another tenant in the same bucket.
const OTHER: SessionId = SessionId { handle: UserHandle([7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]), unique: [2; 8] };

/// When the session was still live, and when it was not any more.
pub const BEFORE: u64 = 1;
pub const AFTER: u64 = 2;

pub struct World {
    pub near: NearCache,
    pub lease: Arc<Lease>,
    session: Mutex<Stored>,
    pass: Arc<Pass>,
    /// Set without any order of its own.
    pub told: AtomicBool,
}

/// What the store has.
#[derive(Clone)]
struct Stored {
    there: bool,
    /// The mass revocations: each raised the generation by one.
    revoked: Vec<Scope>,
}

impl Stored {
    fn generation(&self) -> Generation {
        Generation::try_from(self.revoked.len()).expect("few revocations")
    }
}

impl World {
    /// Changes are told, everything up to [`BEFORE`] has been.
    pub fn new() -> Arc<Self> {
        let session = session();
        let world = Self {
            near: NearCache::new(1 << 20),
            lease: Arc::new(Lease::new()),
            session: Mutex::new(Stored { there: true, revoked: Vec::new() }),
            pass: Arc::new(Pass::new(session, |_| Box::default())),
            told: AtomicBool::new(false),
        };
        world.near.attached(Self::bucket(), &world.lease);
        world.lease.renew(at(BEFORE));
        Arc::new(world)
    }

    /// With the session in the cache.
    pub fn warm() -> Arc<Self> {
        let world = Self::new();
        assert!(world.fill());
        world
    }

    /// With a session of another tenant in the cache.
    pub fn with_another() -> Arc<Self> {
        let world = Self::new();
        let owner = Owner::new("globex", "bob").expect("an owner");
        let pass = Pass::new(Session { id: OTHER, owner, ..session() }, |_| Box::default());
        let Look::Unknown(ticket) = world.near.look(OTHER, |_| true) else { panic!("it was never read") };
        assert!(world.near.keep(&ticket, OTHER, Known::Live(Arc::new(pass)), Some(0)));
        world
    }

    pub const fn bucket() -> Bucket {
        ID.handle.bucket()
    }

    pub fn end_session(&self) {
        self.session.lock().expect("the store").there = false;
    }

    pub fn sign_everyone_out(&self) {
        self.sign_out([Scope::Everyone]);
    }

    pub fn sign_out(&self, scopes: impl IntoIterator<Item = Scope>) {
        self.session.lock().expect("the store").revoked.extend(scopes);
    }

    pub fn tell(&self, change: Change) {
        self.near.changed(change);
        self.told.store(true, Ordering::Relaxed);
    }

    /// A session that ended is told of, and then the lease renewed.
    pub fn end_and_prove(&self) {
        self.end_session();
        self.tell(Change::User(ID.handle));
        self.lease.renew(at(AFTER));
    }

    /// Right to read from here on, unless the cache knows the session.
    pub fn ticket(&self) -> Option<Ticket> {
        match self.near.look(ID, |_| true) {
            Look::Unknown(ticket) => Some(ticket),
            _ => None,
        }
    }

    pub fn read(&self) -> (Known, Generation) {
        let stored = self.session.lock().expect("the store").clone();
        let is_revoked = stored.revoked.iter().any(|scope| *scope == Scope::Everyone || *scope == own_tenant());
        let is_live = stored.there && !is_revoked;
        let known = if is_live { Known::Live(Arc::clone(&self.pass)) } else { Known::Missing };
        (known, stored.generation())
    }

    pub fn keep(&self, ticket: &Ticket, (known, latest): (Known, Generation)) -> bool {
        let checked = matches!(known, Known::Live(_)).then_some(latest);
        self.near.keep(ticket, ID, known, checked)
    }

    /// Lists mass revocations as [`crate::cache::Reads`] does, if cached sessions wait for some.
    pub fn list(&self) {
        if let Some(ticket) = self.near.pending_revocations_of(Self::bucket(), &self.lease) {
            self.near.list_revocations(&ticket, &self.revocations_since(ticket.since));
        }
    }

    /// The same with the ticket taken when the answer is here: what was announced meanwhile goes unnoticed.
    pub fn list_with_a_late_ticket(&self) {
        let found = self.revocations_since(0);
        if let Some(ticket) = self.near.pending_revocations_of(Self::bucket(), &self.lease) {
            self.near.list_revocations(&ticket, &found);
        }
    }

    fn revocations_since(&self, since: Generation) -> RevocationsSince {
        let stored = self.session.lock().expect("the store").clone();
        let numbered = stored.revoked.iter().cloned().zip(1..);
        let scopes = numbered.filter(|(_, generation)| *generation > since).collect();
        RevocationsSince { bucket: Self::bucket(), latest: stored.generation(), scopes: Some(scopes) }
    }

    /// Reads and keeps as [`crate::cache::Reads`] does. Whether it is kept.
    pub fn fill(&self) -> bool {
        self.ticket().is_some_and(|ticket| self.keep(&ticket, self.read()))
    }

    /// The same with the ticket taken when the answer is here: what changed meanwhile goes unnoticed.
    pub fn fill_with_a_late_ticket(&self) -> bool {
        let read = self.read();
        self.ticket().is_some_and(|ticket| self.keep(&ticket, read))
    }

    /// As of when the session is found live.
    pub fn live_as_of(&self) -> Option<Proof> {
        match self.near.look(ID, |proof| proof != Proof::Nothing) {
            Look::Known { known: Known::Live(_), proof } => Some(proof),
            _ => None,
        }
    }

    pub fn is_never_live_after_its_end(&self) {
        assert_ne!(self.live_as_of(), Some(Proof::AsOf(at(AFTER))), "an ended session is accepted");
    }
}

/// The tenant of the session.
pub fn own_tenant() -> Scope {
    Scope::Tenant(session().owner.tenant)
}

/// So many other tenants.
pub fn other_tenants(number: usize) -> Vec<Scope> {
    (0..number).map(|number| Scope::Tenant(TenantId::new(&format!("tenant-{number}")).expect("a tenant"))).collect()
}

pub const fn at(millis: u64) -> Moment {
    Moment { since_boot: Duration::from_millis(millis), wall: UnixMillis::new(millis) }
}

fn session() -> Session {
    Session {
        id: ID,
        owner: Owner::new("acme", "ann").expect("an owner"),
        record: Record {
            revision: 1,
            secret: SecretHash([9; 32]),
            email: String::new(),
            roles: Vec::new(),
            data: Data::default(),
            device: Device::default(),
            location: Location::default(),
            created_at: UnixMillis::new(0),
            authenticated_at: UnixMillis::new(0),
            remembered: false,
            auth_methods: Vec::new(),
            assurance_level: 1,
            policy: "default".into(),
        },
        clock: SessionClock {
            last_active: UnixMillis::new(0),
            idle_timeout: Duration::ZERO,
            idle_margin: Duration::ZERO,
            expires_at: UnixMillis::MAX,
            device: [0; 8],
        },
    }
}
