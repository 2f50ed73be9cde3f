//! The work that no caller asked for: each piece a loop that ends when it is told to.

use std::{sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    StoreTrust,
    callers::KnownCallers,
    checkpoints::{self, Checkpoints},
    checks::{Alerts, Audit, CertificateWatch, Checks},
    geo::Places,
    membership::{self, Membership},
    near_cache::Cached,
    patrol::Patrol,
    readiness::Readiness,
    token_keys::{self, TokenKeyWatch},
};
use crate::{
    alerts::{Archiver, Feed, Forwarder},
    audit::{AlertArchive, EventLog, Relay, Upkeep},
    authority::{Authority, backlog::BacklogGate, clock_monitor::ClockMonitor},
    cache::{Reads, SpotCheck},
    clock::Clock,
    config::Config,
    domain::Bucket,
    lifecycle::Tasks,
    store::{AlertStream, Keep, SessionStore, SharedWork},
    telemetry::{MeteredListener, Metrics},
    transport::grpc::Health,
};

/// How often the near cache is compared with the store.
const SPOT_CHECK: Duration = Duration::from_secs(1);

/// How often the audit database is told of the last activity of sessions.
const REFRESH: Duration = Duration::from_secs(30);

/// How long at least lies between two flushes, when activity comes faster than it is written.
const REST: Duration = Duration::from_millis(100);

/// What the loops work on.
pub(super) struct Subjects {
    pub(super) authority: Arc<Authority>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) relay: Arc<Relay>,
    /// `None`: no other node can use the store.
    pub(super) shared: Option<SharedWork>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) archive: Arc<dyn AlertArchive>,
    pub(super) cached: Arc<Cached>,
    pub(super) feed: Arc<Feed>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) trust: StoreTrust,
    pub(super) callers: Arc<KnownCallers>,
    pub(super) places: Arc<Places>,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: Health,
    /// Whether an operator has stated that the clock is right.
    pub(super) accept_clock: bool,
}

/// Starts all of it.
pub(super) fn spawn(tasks: &Tasks, config: &Config, on: Subjects) {
    if let Some(work) = &on.shared {
        let (clock, monitor) = (Arc::clone(&on.clock), Arc::clone(&on.clock_monitor));
        let membership = Membership::new(work.clone(), clock, monitor, on.relay.status());
        tasks.spawn("membership", membership.run(tasks.token()));
        tasks.spawn("news", membership::listen(work.clone(), Arc::clone(&on.clock), tasks.token()));
    }
    tasks.spawn("relay", Arc::clone(&on.relay).run(on.authority.changed(), tasks.token()));
    let (relay, binding, condition) =
        (Arc::clone(&on.relay), Arc::clone(&on.trust.binding), Arc::clone(&on.trust.audit_condition));
    let (clock, stop) = (Arc::clone(&on.clock), tasks.token());
    tasks.spawn("audit binding", async move {
        if binding.examine_audit(&clock, &stop).await {
            condition.examined();
            relay.hold(false);
        }
    });
    let upkeep = Upkeep::new(Arc::clone(&on.log), Arc::clone(&on.clock), config.audit.retention)
        .accepting_clock(on.accept_clock);
    let audit = Audit { relay: on.relay.status(), upkeep: upkeep.status() };
    let (binding, stop) = (Arc::clone(&on.trust.binding), tasks.token());
    tasks.spawn("audit upkeep", async move {
        if binding.is_examined(&stop).await {
            upkeep.run(stop).await;
        }
    });

    let archiver = Archiver::new(Arc::clone(&on.alerts), Arc::clone(&on.archive), Arc::clone(&on.clock))
        .sharing(on.shared.clone());
    // Of the archiver it follows how far it is.
    let keep = Keep { alerts: config.alerts.keep_count, age: config.alerts.keep_for, archived: None };
    let forwarder = Forwarder::new(Arc::clone(&on.alerts), Arc::clone(&on.clock), keep)
        .after(archiver.status())
        .sharing(on.shared.clone());
    let alerts = Alerts { forwarder: forwarder.status(), feed: on.feed.status(), archiver: archiver.status() };
    let (binding, heard, stop) = (Arc::clone(&on.trust.binding), on.feed.status(), tasks.token());
    tasks.spawn("archiver", async move {
        if binding.is_examined(&stop).await {
            archiver.run(heard, stop).await;
        }
    });
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
        tasks.every("spot check", SPOT_CHECK, move || spot_check(Arc::clone(&reads)));
    }

    let (authority, stop) = (Arc::clone(&on.authority), tasks.token());
    let flushing = flush_again_and_again(authority, config.sessions.flush_interval);
    tasks.spawn("activity", async move {
        stop.run_until_cancelled(flushing).await;
    });

    let authority = Arc::clone(&on.authority);
    tasks.every("refresh", REFRESH, move || refresh(Arc::clone(&authority)));

    spawn_sweeps(tasks, config.sessions.sweep_interval, &on);

    let callers = Arc::clone(&on.callers);
    tasks.every("callers file", config.callers.reload_interval, move || Arc::clone(&callers).reload_if_changed());

    let places = on.places;
    tasks.every("places", config.geo.reload_interval, move || Arc::clone(&places).look());

    let certificates = CertificateWatch::new(config, Arc::clone(&on.clock), Arc::clone(&on.metrics));
    let checkpoints = Arc::clone(&on.trust.checkpoints);
    tasks.every("checkpoints", checkpoints::PAUSE, move || advance_checkpoints(Arc::clone(&checkpoints)));

    let token_keys = Arc::clone(&on.trust.token_keys);
    tasks.every("token keys", token_keys::PAUSE, move || compare_token_keys(Arc::clone(&token_keys)));

    let checks = Checks {
        store: on.store,
        shared: on.shared,
        clock: on.clock,
        clock_monitor: on.clock_monitor,
        binding: on.trust.binding,
        audit_condition: on.trust.audit_condition,
        max_clock_skew: config.sessions.max_clock_skew,
        authority: on.authority,
        cached: on.cached,
        audit,
        alerts,
        callers: on.callers,
        certificates,
        backlog: on.backlog,
        metrics: on.metrics,
        readiness: on.readiness,
        health: on.health,
    };
    checks.spawn(tasks);
}

/// Sweeps what is this node's.
fn spawn_sweeps(tasks: &Tasks, interval: Duration, on: &Subjects) {
    if let Some(work) = on.shared.clone() {
        let (authority, metrics) = (Arc::clone(&on.authority), Arc::clone(&on.metrics));
        tasks.spawn("patrol", Patrol { work, authority, metrics, sweep_interval: interval }.run(tasks.token()));
        return;
    }
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
    let share = (interval / 256).max(Duration::from_millis(1));
    tasks.every("sweep", share, move || {
        bucket = Bucket(bucket.0.wrapping_add(1));
        sweep(Arc::clone(&authority), Arc::clone(&metrics), bucket)
    });
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

async fn advance_checkpoints(checkpoints: Arc<Checkpoints>) {
    if let Err(error) = checkpoints.advance().await {
        tracing::debug!(%error, "the checkpoints of the session store were not advanced");
    }
}

async fn compare_token_keys(token_keys: Arc<TokenKeyWatch>) {
    if let Err(error) = token_keys.compare().await {
        tracing::debug!(%error, "the token keys of the nodes were not compared; they are compared again");
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
