//! A store with alerts, a feed of it, and subscribers.

use std::{future::Future, sync::Arc, time::Duration};

use session_authority::{
    alerts::{
        AlertDelivery, AlertFeed, AlertFilter, AlertGap, AlertSubscription, FeedSettings, NoopAlertObserver,
        StartPosition, SubscriptionError,
    },
    audit::{AlertArchive, NoEventLog},
    clock::SystemClock,
    domain::{
        Alert, Bucket, EventId, EventKind, TenantScope,
        alert::{AlertAction, AlertId, ClientObservation, NotificationContact, NotificationEmail, Severity},
    },
    lifecycle::TaskGroup,
    store::{
        AlertPosition, AlertRetention, AlertStream, CreateOutcome, Finding, FindingTrigger, ForwardOutcome,
        SessionCreation, SessionEngine, SessionStore,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::SqliteSessionStore,
    },
};
use tempfile::TempDir;

use crate::{
    conformance::users::{NOW, TestUser},
    support::{redis::RedisServer, redis_cluster::BorrowedCluster},
};

/// A retention that keeps far more alerts than a case raises.
pub const KEEP: AlertRetention = AlertRetention { alerts: 1_000_000, age: Duration::from_hours(24), archived: None };

pub const SETTINGS: FeedSettings =
    FeedSettings { buffer: 1024, max_subscribers: 2_000, poll_interval: Duration::from_millis(200) };

/// Both interfaces of an engine.
pub trait AlertEngine: SessionEngine + AlertStream {}

impl<E: SessionEngine + AlertStream> AlertEngine for E {}

pub struct AlertFixture {
    pub store: Arc<dyn AlertEngine>,
    pub redis: Option<RedisServer>,
    _cluster: Option<BorrowedCluster>,
    _directory: Option<TempDir>,
}

impl AlertFixture {
    pub async fn redis() -> Self {
        Self::with_server(RedisServer::start().await).await
    }

    pub async fn with_server(server: RedisServer) -> Self {
        let store = Arc::new(redis_at(&server.url()).await);
        Self { store, redis: Some(server), _cluster: None, _directory: None }
    }

    pub async fn cluster() -> Self {
        let cluster = BorrowedCluster::empty().await;
        let store = Arc::new(redis_at(&cluster.url()).await);
        Self { store, redis: None, _cluster: Some(cluster), _directory: None }
    }

    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
        let store = Arc::new(SqliteSessionStore::open(&url).await.expect("a store"));
        Self { store, redis: None, _cluster: None, _directory: Some(directory) }
    }

    pub fn server(&self) -> &RedisServer {
        self.redis.as_ref().expect("a case of Redis")
    }

    pub fn stream(&self) -> Arc<dyn AlertStream> {
        Arc::clone(&self.store) as _
    }

    /// Raises the alert `number` and forwards it.
    pub async fn raise(&self, number: u64) -> AlertId {
        let id = raise(self.store.as_ref(), number).await;
        self.forward(number).await;
        id
    }

    pub async fn raise_all(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<AlertId> {
        let mut ids = Vec::new();
        for number in numbers {
            ids.push(self.raise(number).await);
        }
        ids
    }

    pub async fn forward(&self, number: u64) -> ForwardOutcome {
        self.store.forward(bucket_of(number), 100, KEEP).await.expect("forwarded")
    }

    /// Starts a feed that runs until the end of the case.
    pub async fn feed(&self) -> RunningFeed {
        RunningFeed::start(self.stream(), SETTINGS).await
    }
}

/// Connects a store to `url` with a long timeout, because the machine may be busy.
pub async fn redis_at(url: &str) -> RedisSessionStore {
    let patient = RedisOptions {
        connect_timeout: Duration::from_secs(10),
        response_timeout: Duration::from_secs(10),
        ..RedisOptions::default()
    };
    RedisSessionStore::connect_with(url, &patient).await.expect("a store")
}

pub struct RunningFeed {
    pub feed: Arc<AlertFeed>,
    tasks: TaskGroup,
}

impl RunningFeed {
    /// Starts a feed. Returns when it follows the stream.
    pub async fn start(stream: Arc<dyn AlertStream>, settings: FeedSettings) -> Self {
        Self::start_with_archive(stream, Arc::new(NoEventLog), settings).await
    }

    /// Starts a feed with an archive.
    pub async fn start_with_archive(
        stream: Arc<dyn AlertStream>,
        archive: Arc<dyn AlertArchive>,
        settings: FeedSettings,
    ) -> Self {
        let feed = AlertFeed::new(stream, archive, Arc::new(SystemClock), Arc::new(NoopAlertObserver), settings);
        let tasks = TaskGroup::new();
        tasks.spawn("feed", Arc::clone(&feed).run(tasks.stop_token()));
        let mut status = feed.status();
        within("the feed runs", status.wait_for(|status| status.is_listening && status.caught_up_at.is_some()))
            .await
            .expect("a feed");
        Self { feed, tasks }
    }

    pub async fn subscribe(&self, begin: StartPosition) -> TestSubscriber {
        self.subscribe_with_filter(begin, AlertFilter::for_scope(TenantScope::All)).await
    }

    pub async fn subscribe_with_filter(&self, begin: StartPosition, filter: AlertFilter) -> TestSubscriber {
        let subscription = self.feed.subscribe(begin, &filter).await.expect("a subscription");
        TestSubscriber { subscription, filter }
    }

    pub async fn stop(self) {
        assert!(self.tasks.stop(Duration::from_secs(10)).await);
    }
}

/// A subscription under test.
pub struct TestSubscriber {
    pub subscription: AlertSubscription,
    pub filter: AlertFilter,
}

impl TestSubscriber {
    pub async fn next(&mut self) -> Result<AlertDelivery, SubscriptionError> {
        within("something is delivered", self.subscription.next(&self.filter)).await
    }

    pub async fn alert(&mut self) -> AlertId {
        match self.next().await {
            Ok(AlertDelivery::Alert(_, alert)) => alert.id,
            other => panic!("no alert: {other:?}"),
        }
    }

    pub async fn alerts(&mut self, count: usize) -> Vec<AlertId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.alert().await);
        }
        ids
    }

    pub async fn gap(&mut self) -> AlertGap {
        match self.next().await {
            Ok(AlertDelivery::Gap(gap)) => gap,
            other => panic!("no gap: {other:?}"),
        }
    }

    pub const fn position(&self) -> AlertPosition {
        self.subscription.position()
    }
}

/// Fails the case if the future takes implausibly long.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_mins(1), future).await;
    done.unwrap_or_else(|_| panic!("timed out waiting until {what}"))
}

/// Signs in the user `number`, which raises a finding that waits to be forwarded.
pub async fn raise(store: &dyn SessionStore, number: u64) -> AlertId {
    let (login, id) = login(&user(number), number, "NEW_COUNTRY", Severity::Medium);
    let outcome = store.create(login).await.expect("created");
    assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
    id
}

pub fn user(number: u64) -> TestUser {
    TestUser::new(&format!("user-{number}"))
}

pub fn bucket_of(number: u64) -> Bucket {
    user(number).bucket()
}

/// Builds a login that raises one alert.
pub fn login(user: &TestUser, number: u64, rule: &str, severity: Severity) -> (SessionCreation, AlertId) {
    let mut login = user.login(number, NOW);
    let session = login.session.id;
    let event = EventId::from_session(EventKind::Created, session, 1);
    let id = AlertId::new(rule, event);
    let alert = Alert {
        id,
        tenant: user.owner.tenant.clone(),
        rule: rule.to_owned(),
        rule_version: 1,
        severity,
        event_time: NOW,
        detected_time: NOW,
        user: Some(user.owner.user.clone()),
        session: Some(session),
        device_id: String::new(),
        current: ClientObservation::from_login(&login.session.record),
        previous: None,
        action_taken: AlertAction::None,
        action_recommended: AlertAction::Notify,
        audit_only: false,
        detail: None,
        reason_admin: format!("alert {number}"),
        reason_user: String::new(),
        mitre_techniques: Vec::new(),
        dedup_key: format!("{rule}:{number}"),
        dedup_count: 1,
        event: Some(event),
        email: NotificationEmail::default(),
        contact: NotificationContact::default(),
        group: None,
        acknowledgement: None,
    };
    login.findings = vec![Finding { alert, trigger: FindingTrigger::Login, dedup_window: Duration::ZERO }];
    (login, id)
}
