//! The work that no caller asked for: each piece a loop that ends when it is told to.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch::Receiver;

use super::{
    callers::KnownCallers,
    geo::Places,
    readiness::{AuditState, Readiness, StoreState},
};
use crate::{
    audit::{EventLog, Relay, RelayStatus},
    authority::{Authority, backlog::BacklogGate},
    clock::Clock,
    config::Config,
    domain::Bucket,
    lifecycle::Tasks,
    store::SessionStore,
    telemetry::Metrics,
    transport::grpc::Health,
};

/// How often the store and the relay are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What the loops work on.
pub(super) struct Subjects {
    pub(super) authority: Arc<Authority>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) callers: Arc<KnownCallers>,
    pub(super) places: Arc<Places>,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: Health,
}

/// Starts all of it.
pub(super) fn spawn(tasks: &Tasks, config: &Config, on: Subjects) {
    let relay = Arc::new(Relay::new(Arc::clone(&on.store), Arc::clone(&on.log), Arc::clone(&on.clock)));
    let status = relay.status();
    tasks.spawn("relay", relay.run(on.authority.changed(), tasks.token()));

    let authority = Arc::clone(&on.authority);
    tasks.every("activity", config.sessions.flush_interval, move || flush(Arc::clone(&authority)));

    let (authority, metrics) = (Arc::clone(&on.authority), Arc::clone(&on.metrics));
    let mut bucket = Bucket(u8::MAX);
    let share = (config.sessions.sweep_interval / 256).max(Duration::from_millis(1));
    tasks.every("sweep", share, move || {
        bucket = Bucket(bucket.0.wrapping_add(1));
        sweep(Arc::clone(&authority), Arc::clone(&metrics), bucket)
    });

    let callers = Arc::clone(&on.callers);
    tasks.every("callers", config.callers.reload_interval, move || {
        callers.reload_if_changed();
        std::future::ready(())
    });

    let places = Arc::clone(&on.places);
    tasks.every("places", config.geo.reload_interval, move || Arc::clone(&places).look());

    let on = Arc::new(on);
    tasks.every("watch", LOOK, move || watch(Arc::clone(&on), status.clone()));
}

async fn flush(authority: Arc<Authority>) {
    if let Err(error) = authority.flush_activity().await {
        tracing::debug!(?error, "activity could not be written; it is tried again");
    }
}

async fn sweep(authority: Arc<Authority>, metrics: Arc<Metrics>, bucket: Bucket) {
    match authority.sweep(bucket).await {
        Ok(_) => metrics.bucket_swept(),
        Err(error) => tracing::debug!(?error, "a bucket could not be swept; it is tried again"),
    }
}

/// Looks at what this node depends on, and tells whoever has to know.
async fn watch(on: Arc<Subjects>, relay: Receiver<RelayStatus>) {
    let store = look_at(on.store.as_ref(), on.clock.as_ref()).await;
    if let StoreState::Answers { skew, .. } = &store {
        on.metrics.clock_skew(*skew);
    }
    on.readiness.set_store(store);
    let relay = relay.borrow().clone();
    on.backlog.measured(relay.backlog.events);
    on.metrics.outbox(relay.backlog, on.clock.now());
    on.metrics.relayed(relay.appended, relay.set_aside, relay.failure.is_some());
    on.metrics.followed_sessions(on.authority.followed_sessions());
    on.readiness.set_audit(AuditState {
        waiting: relay.backlog.events,
        oldest: relay.lag(on.clock.now()),
        failure: relay.failure.map(|failure| failure.error),
    });
    on.health.set(on.readiness.is_ready()).await;
}

/// Asks the store for its time; what lies between question and answer is halved.
async fn look_at(store: &dyn SessionStore, clock: &dyn Clock) -> StoreState {
    let before = clock.now();
    match store.time().await {
        Ok(theirs) => {
            let ours = before.plus(clock.now().since(before) / 2);
            StoreState::Answers { engine: store.engine(), skew: ours.since(theirs).max(theirs.since(ours)) }
        }
        Err(error) => StoreState::Silent { error: error.to_string() },
    }
}
