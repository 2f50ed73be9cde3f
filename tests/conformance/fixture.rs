//! A fresh store for a case, and what a case asks of it again and again.

use std::ops::Deref;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use session_authority::domain::{
    Bucket, EndReason, Event, EventKind, EventSubject, SessionEnding, SessionId, UnixMillis,
};
use session_authority::store::redis::RedisSessionStore;
use session_authority::store::sqlite::SqliteSessionStore;
use session_authority::store::{CreateOutcome, LoadOutcome, SessionCreation, SessionStore};
use tempfile::TempDir;

use super::users::TestUser;
use crate::support::redis::RedisServer;
use crate::support::redis_cluster::{BorrowedCluster, RedisCluster};

/// A store with nothing in it, on an engine of its own.
pub struct StoreFixture {
    store: Arc<dyn SessionStore>,
    pub(super) engine: StoreEngine,
}

/// What the store keeps its sessions in.
pub enum StoreEngine {
    Redis(Box<RedisServer>),
    /// Three masters.
    Cluster(BorrowedCluster),
    /// The directory of the database, which is in `sessions.db`.
    Sqlite(TempDir),
}

impl StoreFixture {
    pub async fn redis() -> Self {
        let server = RedisServer::start().await;
        let store = RedisSessionStore::connect(&server.url()).await.expect("a store on Redis");
        Self { store: Arc::new(store), engine: StoreEngine::Redis(Box::new(server)) }
    }

    pub async fn cluster() -> Self {
        let cluster = BorrowedCluster::empty().await;
        let store = RedisSessionStore::connect(&cluster.url()).await.expect("a store on a Redis Cluster");
        Self { store: Arc::new(store), engine: StoreEngine::Cluster(cluster) }
    }

    pub async fn sqlite() -> Self {
        let directory = TempDir::with_prefix("sessions-").expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
        let store = SqliteSessionStore::open(&url).await.expect("a store on SQLite");
        Self { store: Arc::new(store), engine: StoreEngine::Sqlite(directory) }
    }

    /// The Cluster of a store on one.
    pub fn redis_cluster(&self) -> &RedisCluster {
        let StoreEngine::Cluster(cluster) = &self.engine else { panic!("not on a Redis Cluster") };
        cluster
    }

    /// The store for a task that runs beside the case.
    pub fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.store)
    }

    /// Makes a session and answers what gave way to it.
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

    /// The user's live sessions, most recently active first.
    pub async fn live_sessions(&self, user: &TestUser, now: UnixMillis) -> Vec<SessionId> {
        let sessions = self.list(&user.owner, user.handle, &[], now).await.expect("list");
        sessions.into_iter().map(|session| session.id).collect()
    }

    /// Why the session ended and since when it is over, as its holder would be told.
    pub async fn expect_tombstone(&self, id: SessionId) -> (EndReason, UnixMillis) {
        match self.load(id).await.expect("load") {
            LoadOutcome::Ended(tombstone) => (tombstone.reason, tombstone.at),
            other => panic!("{id} is not remembered as ended: {other:?}"),
        }
    }

    /// Sweeps every bucket until nothing is left to do.
    pub async fn sweep_all(&self, now: UnixMillis) -> Vec<SessionEnding> {
        let mut ended = Vec::new();
        for bucket in Bucket::all() {
            ended.extend(self.sweep_whole(bucket, now).await);
        }
        ended
    }

    /// Sweeps one bucket until nothing is left to do.
    pub async fn sweep_whole(&self, bucket: Bucket, now: UnixMillis) -> Vec<SessionEnding> {
        let mut ended = Vec::new();
        for _ in 0..1_000 {
            let swept = self.sweep(bucket, now, 100).await.expect("sweep");
            ended.extend(swept.ended);
            if !swept.has_more {
                return ended;
            }
        }
        panic!("sweeping bucket {bucket} does not come to an end");
    }

    /// Takes everything out of the outbox.
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

/// The verbs of the store.
impl Deref for StoreFixture {
    type Target = dyn SessionStore;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl StoreEngine {
    /// Connections of a user who may do everything, one to each server that holds a part of it.
    pub async fn admins(&self) -> Vec<MultiplexedConnection> {
        match self {
            Self::Redis(server) => vec![server.admin().await],
            Self::Cluster(cluster) => cluster.admins().await,
            Self::Sqlite(_) => Vec::new(),
        }
    }
}

/// The session that an event is about.
pub fn session_of(event: &Event) -> Option<SessionId> {
    match &event.subject {
        EventSubject::Session(session) => Some(session.id),
        EventSubject::Scope(_) => None,
    }
}

/// What happened to the session `id`, in order.
pub fn event_kinds(events: &[Event], id: SessionId) -> Vec<EventKind> {
    events.iter().filter(|event| session_of(event) == Some(id)).map(|event| event.kind).collect()
}

/// How many of `events` tell of an end for that reason.
pub fn count_endings(events: &[Event], reason: EndReason) -> usize {
    events.iter().filter(|event| event.kind == EventKind::Ended(reason)).count()
}

/// Which sessions ended, why and when, in the order told.
pub fn end_summaries(ended: &[SessionEnding]) -> Vec<(SessionId, EndReason, UnixMillis)> {
    ended.iter().map(|ended| (ended.session_id, ended.reason, ended.at)).collect()
}
