//! A near cache over the embedded engine, whose lease the test has in its hands.

use std::sync::Arc;
use std::time::Duration;

use session_authority::cache::{EvictingStore, NearCache, Reads, Seen, Source, Standing};
use session_authority::clock::{Clock, ManualClock};
use session_authority::domain::{Bucket, SessionId};
use session_authority::store::sqlite::SqliteSessionStore;
use session_authority::store::{ChangeListener, Creation, Lease, SessionStore};

use super::counted::Counted;
use crate::conformance::people::NOW;

pub const BOUND: Duration = Duration::from_millis(250);

pub struct Stage {
    /// What another node would write through: this one's memory learns nothing of it.
    pub elsewhere: Arc<dyn SessionStore>,
    pub store: EvictingStore,
    pub near: Arc<NearCache>,
    pub reads: Arc<Reads>,
    pub clock: Arc<ManualClock>,
    pub counted: Arc<Counted>,
    pub lease: Arc<Lease>,
}

impl Stage {
    /// One whose changes are told under a lease that is proven now.
    pub async fn proven() -> Self {
        let stage = Self::untold(1 << 20).await;
        stage.attach();
        stage.renew();
        stage
    }

    /// One whose changes nobody tells.
    pub async fn untold(bytes: usize) -> Self {
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let elsewhere: Arc<dyn SessionStore> = Arc::clone(&engine) as _;
        let near = Arc::new(NearCache::new(bytes));
        let clock = Arc::new(ManualClock::new(NOW));
        let counted = Arc::new(Counted::default());
        let source = Source {
            store: Arc::clone(&elsewhere),
            tracked: engine,
            near: Arc::clone(&near),
            present: |session| session.id.to_string().into_bytes().into(),
        };
        let reads = Arc::new(Reads::new(source, Arc::clone(&clock) as _, Arc::clone(&counted) as _, BOUND));
        let store = EvictingStore::new(Arc::clone(&elsewhere), Arc::clone(&near));
        Self { elsewhere, store, near, reads, clock, counted, lease: Arc::new(Lease::new()) }
    }

    pub fn attach(&self) {
        for bucket in Bucket::all() {
            self.near.attached(bucket, &self.lease);
        }
    }

    /// Everything up to now was told.
    pub fn renew(&self) {
        self.lease.renew(self.clock.moment());
    }

    pub async fn signed_in(&self, login: Creation) -> SessionId {
        let id = login.session.id;
        self.elsewhere.create(login).await.expect("create");
        id
    }

    pub async fn seen(&self, id: SessionId) -> Seen {
        self.reads.bounded(id).await.expect("a read")
    }

    pub async fn is_live(&self, id: SessionId) -> bool {
        matches!(self.seen(id).await.standing, Standing::Live(_))
    }

    /// Whether the session is given out from memory, at once.
    pub fn is_at_hand(&self, id: SessionId) -> bool {
        self.reads.at_hand(id).is_some_and(|seen| matches!(seen.standing, Standing::Live(_)))
    }
}
