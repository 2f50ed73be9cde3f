//! The work that no caller asked for: each piece a loop that ends when it is told to.

use std::{sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::{
    sync::watch::Receiver,
    time::{MissedTickBehavior, interval},
};

use super::{
    binding::Binding,
    callers::KnownCallers,
    geo::Places,
    near_cache::Cached,
    readiness::{AuditState, Readiness, StoreState},
};
use crate::{
    alerts::{Archiver, ArchiverStatus, Feed, FeedStatus, Forwarder, ForwarderStatus},
    audit::{AlertArchive, EventLog, Relay, RelayStatus, Upkeep, UpkeepStatus},
    authority::{Authority, backlog::BacklogGate, clock_monitor::ClockMonitor},
    cache::{Reads, SpotCheck},
    clock::Clock,
    config::Config,
    domain::{Bucket, UnixMillis},
    lifecycle::Tasks,
    store::{AlertStream, Keep, SessionStore, StoreError},
    telemetry::{MeteredListener, Metrics},
    transport::grpc::Health,
};

/// How often the store and the relay are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often the audit database is told of the last activity of sessions.
const REFRESH: Duration = Duration::from_secs(30);

/// How long at least lies between two flushes, when activity comes faster than it is written.
const REST: Duration = Duration::from_millis(100);

/// What the loops work on.
pub(super) struct Subjects {
    pub(super) authority: Arc<Authority>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) relay: Arc<Relay>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) archive: Arc<dyn AlertArchive>,
    pub(super) cached: Cached,
    pub(super) feed: Arc<Feed>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) binding: Arc<Binding>,
    pub(super) callers: Arc<KnownCallers>,
    pub(super) places: Arc<Places>,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: Health,
    /// Whether an operator has stated that the clock is right.
    pub(super) accept_clock: bool,
}

/// How the audit is doing.
#[derive(Clone)]
struct Audit {
    relay: Receiver<RelayStatus>,
    upkeep: Receiver<UpkeepStatus>,
}

/// How alerts are doing.
#[derive(Clone)]
struct Alerts {
    forwarder: Receiver<ForwarderStatus>,
    feed: Receiver<FeedStatus>,
    archiver: Receiver<ArchiverStatus>,
}

/// Starts all of it.
pub(super) fn spawn(tasks: &Tasks, config: &Config, on: Subjects) {
    // Events wait in the store until it is certain whose they are.
    let (relay, binding, clock) = (Arc::clone(&on.relay), Arc::clone(&on.binding), Arc::clone(&on.clock));
    let (changed, stop) = (on.authority.changed(), tasks.token());
    tasks.spawn("relay", async move {
        binding.audit_examined(&clock, &stop).await;
        relay.run(changed, stop).await;
    });
    let upkeep = Upkeep::new(Arc::clone(&on.log), Arc::clone(&on.clock), config.audit.retention)
        .accepting_clock(on.accept_clock);
    let audit = Audit { relay: on.relay.status(), upkeep: upkeep.status() };
    tasks.spawn("audit upkeep", upkeep.run(tasks.token()));

    let archiver = Archiver::new(Arc::clone(&on.alerts), Arc::clone(&on.archive), Arc::clone(&on.clock));
    // Of the archiver it follows how far it is.
    let keep = Keep { alerts: config.alerts.keep_count, age: config.alerts.keep_for, archived: None };
    let forwarder = Forwarder::new(Arc::clone(&on.alerts), Arc::clone(&on.clock), keep).after(archiver.status());
    let alerts = Alerts { forwarder: forwarder.status(), feed: on.feed.status(), archiver: archiver.status() };
    tasks.spawn("archiver", archiver.run(on.feed.status(), tasks.token()));
    let raised = unfold(on.authority.raised(), async |raised| Some((raised.take().await, raised)));
    tasks.spawn("forwarder", forwarder.run(raised, tasks.token()));
    tasks.spawn("feed", Arc::clone(&on.feed).run(tasks.token()));

    if config.cache.enabled {
        let (tracked, stop) = (Arc::clone(&on.cached.tracked), tasks.token());
        let listener = Arc::new(MeteredListener::new(Arc::clone(&on.cached.near) as _, &on.metrics));
        tasks.spawn("near cache", async move {
            stop.run_until_cancelled(tracked.follow(listener)).await;
        });
        let reads = Arc::clone(&on.cached.reads);
        tasks.every("spot check", LOOK, move || spot_check(Arc::clone(&reads)));
    }

    let (authority, stop) = (Arc::clone(&on.authority), tasks.token());
    let flushing = flush_again_and_again(authority, config.sessions.flush_interval);
    tasks.spawn("activity", async move {
        stop.run_until_cancelled(flushing).await;
    });

    let authority = Arc::clone(&on.authority);
    tasks.every("refresh", REFRESH, move || refresh(Arc::clone(&authority)));

    // What ended while nobody swept is told at once, and with it how far the audit is complete.
    let (authority, metrics, stop) = (Arc::clone(&on.authority), Arc::clone(&on.metrics), tasks.token());
    tasks.spawn("first sweep", async move {
        let all = async {
            for bucket in Bucket::all() {
                sweep(Arc::clone(&authority), Arc::clone(&metrics), bucket).await;
            }
        };
        stop.run_until_cancelled(all).await;
    });

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
    tasks.every("watch", LOOK, move || watch(Arc::clone(&on), audit.clone(), alerts.clone()));
}

/// Every `pause`, and when there is no room for more.
async fn flush_again_and_again(authority: Arc<Authority>, pause: Duration) {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let rest = tokio::select! {
            _ = ticks.tick() => Duration::ZERO,
            () = authority.activity_is_full() => REST,
        };
        flush(&authority).await;
        tokio::time::sleep(rest).await;
    }
}

async fn flush(authority: &Authority) {
    if let Err(error) = authority.flush_activity().await {
        tracing::debug!(?error, "activity could not be written; it is tried again");
    }
}

async fn refresh(authority: Arc<Authority>) {
    if let Err(error) = authority.refresh_activity().await {
        tracing::debug!(?error, "the audit database could not be told of activity; it is told again");
    }
}

async fn sweep(authority: Arc<Authority>, metrics: Arc<Metrics>, bucket: Bucket) {
    match authority.sweep(bucket).await {
        Ok(_) => metrics.bucket_swept(),
        Err(error) => tracing::debug!(?error, "a bucket could not be swept; it is tried again"),
    }
}

async fn spot_check(reads: Arc<Reads>) {
    match reads.spot_check().await {
        Ok(SpotCheck::Nothing | SpotCheck::Right) => {}
        Ok(SpotCheck::Outdated(id)) => tracing::error!(
            %id,
            "the near cache gave out a session that the store had changed longer ago than `cache.max_staleness`: set \
             `cache.enabled` to false and report it"
        ),
        Err(error) => tracing::debug!(%error, "the near cache could not be compared with the store"),
    }
}

/// Looks at what this node depends on, and tells whoever has to know.
async fn watch(on: Arc<Subjects>, audit: Audit, alerts: Alerts) {
    let store = match compare_clocks(on.store.as_ref(), on.clock.as_ref(), &on.clock_monitor).await {
        Ok(skew) => StoreState::Answers { engine: on.store.engine(), skew },
        Err(error) => {
            on.binding.take_if_empty(&error).await;
            StoreState::Silent { error: error.to_string() }
        }
    };
    if let StoreState::Answers { skew, .. } = &store {
        on.metrics.clock_skew(*skew);
    }
    on.readiness.set_store(store);
    let problems = on.cached.tracked.setting_problems();
    on.metrics.store_settings(&problems);
    on.readiness.set_settings(&problems);
    let (relay, upkeep) = (audit.relay.borrow().clone(), audit.upkeep.borrow().clone());
    on.backlog.measured(relay.backlog.events);
    on.metrics.outbox(relay.backlog, on.clock.now());
    on.metrics.relayed(relay.appended, relay.set_aside, relay.error().is_some());
    on.metrics.audit_kept(upkeep.done, upkeep.clock_ahead);
    on.metrics.near_cache(on.cached.near.size());
    on.readiness.set_cache(on.cached.told());
    on.metrics.followed_sessions(on.authority.followed_sessions());
    on.readiness.set_audit(AuditState {
        waiting: relay.backlog.events,
        oldest: relay.lag(on.clock.now()),
        failure: relay.failure.map(|failure| failure.error),
        uncounted: relay.uncounted.map(|failure| failure.error),
        neglected: upkeep.failure.map(|failure| failure.error),
    });
    let (forwarder, feed) = (alerts.forwarder.borrow().clone(), alerts.feed.borrow().clone());
    let archiver = alerts.archiver.borrow().clone();
    on.metrics.alerts_forwarded(&forwarder, on.clock.now());
    on.metrics.alert_feed(&feed, on.clock.now());
    on.metrics.alert_archive(&archiver, on.clock.now());
    on.readiness.set_alerts(told_of_alerts(&forwarder, &feed, &archiver, on.clock.now()));
    on.health.set(on.readiness.is_ready()).await;
}

/// What an operator should know of alerts.
fn told_of_alerts(
    forwarder: &ForwarderStatus,
    feed: &FeedStatus,
    archiver: &ArchiverStatus,
    now: UnixMillis,
) -> String {
    let heard = if feed.is_listening { "heard at once" } else { "read every second, not heard at once" };
    let kept = match archiver.archived {
        Some(position) => format!("archived up to {position} as of {} s ago", archiver.lag(now).as_secs()),
        None => "not archived".to_owned(),
    };
    let failures = [
        ("findings are not forwarded", forwarder.failure.as_deref()),
        ("the stream is not read", feed.failure.as_deref()),
        ("alerts are not archived", archiver.failure.as_ref().map(|failure| failure.error.as_str())),
    ];
    let failures = failures.into_iter().filter_map(|(what, failure)| Some(format!("; {what}: {}", failure?)));
    format!("{} findings wait, alerts are {heard} and {kept}{}", forwarder.waiting, failures.collect::<String>())
}

/// Asks the store for its time, and compares it with this node's. Returns how far the two are apart.
pub(super) async fn compare_clocks(
    store: &dyn SessionStore,
    clock: &dyn Clock,
    monitor: &ClockMonitor,
) -> Result<Duration, StoreError> {
    let asked = clock.moment();
    let theirs = store.time().await?;
    Ok(monitor.compare(asked, theirs, clock.moment()))
}
