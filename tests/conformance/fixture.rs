//! A fresh store for a case, and operations that many cases need.

use std::ops::Deref;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use session_authority::domain::{
    Bucket, EndReason, Event, EventKind, EventSubject, SessionEnding, SessionId, UnixMillis,
};
use session_authority::store::redis::RedisSessionStore;
use session_authority::store::sqlite::SqliteSessionStore;
use session_authority::store::{CreateOutcome, FailureStore, LoadOutcome, SessionCreation, SessionEngine};
use tempfile::TempDir;

use super::users::TestUser;
use crate::support::redis::RedisServer;
use crate::support::redis_cluster::{BorrowedCluster, RedisCluster};

/// An empty store on a separate engine.
pub struct StoreFixture {
    store: Arc<dyn SessionEngine>,
    /// The failures, in the same store.
    pub failures: Arc<dyn FailureStore>,
    pub engine: StoreEngine,
}

/// The engine of the store.
pub enum StoreEngine {
    Redis(Box<RedisServer>),
    /// A cluster with three masters.
    Cluster(BorrowedCluster),
    /// The directory of the database, which is in `sessions.db`.
    Sqlite(TempDir),
}

impl StoreFixture {
    pub async fn redis() -> Self {
        let server = RedisServer::start().await;
        let store = RedisSessionStore::connect(&server.url()).await.expect("a store on Redis");
        let store = Arc::new(store);
        Self { store: Arc::clone(&store) as _, failures: store, engine: StoreEngine::Redis(Box::new(server)) }
    }

    pub async fn cluster() -> Self {
        let cluster = BorrowedCluster::empty().await;
        let store = RedisSessionStore::connect(&cluster.url()).await.expect("a store on a Redis Cluster");
        let store = Arc::new(store);
        Self { store: Arc::clone(&store) as _, failures: store, engine: StoreEngine::Cluster(cluster) }
    }

    pub async fn sqlite() -> Self {
        let directory = TempDir::with_prefix("sessions-").expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
        let store = SqliteSessionStore::open(&url).await.expect("a store on SQLite");
        let store = Arc::new(store);
        Self { store: Arc::clone(&store) as _, failures: store, engine: StoreEngine::Sqlite(directory) }
    }

    /// Returns the Redis Cluster of the store.
    pub fn redis_cluster(&self) -> &RedisCluster {
        let StoreEngine::Cluster(cluster) = &self.engine else { panic!("not on a Redis Cluster") };
        cluster
    }

    /// Returns the store for a concurrent task.
    pub fn store(&self) -> Arc<dyn SessionEngine> {
        Arc::clone(&self.store)
    }

    /// Creates a session. Returns the sessions that ended for it.
    pub async fn sign_in(&self, creation: SessionCreation) -> Vec<SessionEnding> {
        let given = creation.session.clone();
        match self.create(creation).await.expect("create") {
            CreateOutcome::Created { session, ended, .. } => {
                assert_eq!(*session, given);
                ended
            }
            other => panic!("not created: {other:?}"),
        }
    }

    /// Returns the user's active sessions, the most recently active first.
    pub async fn live_sessions(&self, user: &TestUser, now: UnixMillis) -> Vec<SessionId> {
        let sessions = self.list(&user.owner, user.handle, &[], now).await.expect("list");
        sessions.into_iter().map(|session| session.id).collect()
    }

    /// Returns the reason and the time of the session's end, as its holder would see them.
    pub async fn expect_tombstone(&self, id: SessionId) -> (EndReason, UnixMillis) {
        match self.load(id).await.expect("load") {
            LoadOutcome::Ended(tombstone) => (tombstone.reason, tombstone.at),
            other => panic!("{id} is not remembered as ended: {other:?}"),
        }
    }

    /// Sweeps every bucket until no work is left.
    pub async fn sweep_all(&self, now: UnixMillis) -> Vec<SessionEnding> {
        let mut ended = Vec::new();
        for bucket in Bucket::all() {
            ended.extend(self.sweep_whole(bucket, now).await);
        }
        ended
    }

    /// Sweeps one bucket until no work is left.
    pub async fn sweep_whole(&self, bucket: Bucket, now: UnixMillis) -> Vec<SessionEnding> {
        let mut ended = Vec::new();
        for _ in 0..1_000 {
            let swept = self.sweep(bucket, now, 100).await.expect("sweep");
            ended.extend(swept.ended);
            if !swept.has_more {
                return ended;
            }
        }
        panic!("sweeping bucket {bucket} does not finish");
    }

    /// Removes all entries from the outbox and returns their events.
    pub async fn drain(&self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let pending = self.read_outbox(Bucket::ALL, 1_000).await.expect("read the outbox");
            if pending.is_empty() {
                return events;
            }
            let positions: Vec<_> = pending.iter().map(|event| event.position.clone()).collect();
            self.delete_from_outbox(&positions).await.expect("delete from the outbox");
            events.extend(pending.into_iter().map(|pending| pending.event.expect("an event")));
        }
    }
}

/// Gives access to the operations of the store.
impl Deref for StoreFixture {
    type Target = dyn SessionEngine;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl StoreEngine {
    /// Returns connections of a user with all permissions, one to each server that holds data of the store.
    pub async fn admins(&self) -> Vec<MultiplexedConnection> {
        match self {
            Self::Redis(server) => vec![server.admin().await],
            Self::Cluster(cluster) => cluster.admins().await,
            Self::Sqlite(_) => Vec::new(),
        }
    }
}

/// Returns the session of an event.
pub fn session_of(event: &Event) -> Option<SessionId> {
    match &event.subject {
        EventSubject::Session(session) => Some(session.id),
        EventSubject::Scope(_)
        | EventSubject::DeniedJwts { .. }
        | EventSubject::AuthFailure(_)
        | EventSubject::Acknowledgement { .. } => None,
    }
}

/// Returns the events of the session `id`, in order.
pub fn event_kinds(events: &[Event], id: SessionId) -> Vec<EventKind> {
    events.iter().filter(|event| session_of(event) == Some(id)).map(|event| event.kind).collect()
}

/// Returns the number of ends for `reason` among `events`.
pub fn count_endings(events: &[Event], reason: EndReason) -> usize {
    events.iter().filter(|event| event.kind == EventKind::Ended(reason)).count()
}

/// Returns session, reason and time of each end, in the given order.
pub fn end_summaries(ended: &[SessionEnding]) -> Vec<(SessionId, EndReason, UnixMillis)> {
    ended.iter().map(|ended| (ended.session_id, ended.reason, ended.at)).collect()
}
