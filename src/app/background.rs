//! The background tasks of a node. Each is a loop that runs until it is stopped.

use std::{sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    StoreIntegrity,
    binding::InstallationBinding,
    bucket_scanner::BucketScanner,
    caller_log::CallerLogWriter,
    callers::CallerAuthenticator,
    checkpoints::{self, CheckpointMonitor},
    checks::{AlertStatusReceivers, AuditStatusReceivers, CertificateWatch, ReadinessChecks},
    geo::GeoDatabases,
    membership::{self, Membership},
    node_monitor::NodeMonitor,
    notifications::NotificationTasks,
    readiness::Readiness,
    tls_reload::NodeTls,
    token_keys::{self, TokenKeyWatch},
    use_cases::ChangeSignals,
};
use crate::{
    alerts::{AlertArchiver, AlertFeed, FindingForwarder},
    audit::{AlertArchive, EventLog, Maintenance, Relay},
    authority::{
        ActivityWriter, BucketSweeper, COLLECT_INTERVAL, RejectedTokenWatcher, SessionWatcher, backlog::BacklogGate,
        clock_monitor::ClockMonitor,
    },
    clock::Clock,
    config::Config,
    domain::Bucket,
    lifecycle::TaskGroup,
    near_cache::{NearCache, SessionReader, SpotCheckResult},
    store::{AlertRetention, AlertStream, SharedWork, StoreHealth},
    telemetry::{MeteredListener, Metrics},
    transport::grpc::HealthReporter,
    webhooks::WebhookSupervisor,
};

/// The interval at which the near cache is compared with the store.
const SPOT_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The interval at which the last activity of sessions is sent to the audit database.
const AUDIT_ACTIVITY_INTERVAL: Duration = Duration::from_secs(30);

/// The minimum pause between two flushes while activity arrives faster than it is written.
const MIN_FLUSH_PAUSE: Duration = Duration::from_millis(100);

/// The parts that the background tasks work on.
pub(super) struct BackgroundParts {
    pub(super) sweeper: Arc<BucketSweeper>,
    pub(super) activity_writer: Arc<ActivityWriter>,
    pub(super) session_watcher: Arc<SessionWatcher>,
    pub(super) rejected_token_watcher: Arc<RejectedTokenWatcher>,
    pub(super) signals: ChangeSignals,
    pub(super) store: Arc<dyn StoreHealth>,
    pub(super) relay: Arc<Relay>,
    /// The background work shared with other nodes. `None`: no other node can use the store.
    pub(super) shared: Option<SharedWork>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) archive: Arc<dyn AlertArchive>,
    pub(super) notifications: NotificationTasks,
    pub(super) webhooks: WebhookSupervisor,
    pub(super) near_cache: Arc<NearCache>,
    pub(super) feed: Arc<AlertFeed>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) node_monitor: Arc<NodeMonitor>,
    pub(super) integrity: StoreIntegrity,
    pub(super) callers: Arc<CallerAuthenticator>,
    pub(super) caller_log: CallerLogWriter,
    pub(super) tls: NodeTls,
    pub(super) geo_databases: Arc<GeoDatabases>,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: HealthReporter,
    /// Set if an operator has confirmed that the clock is right.
    pub(super) accept_clock: bool,
}

/// Starts all background tasks.
pub(super) fn spawn(tasks: &TaskGroup, config: &Config, on: BackgroundParts) {
    if let Some(work) = &on.shared {
        let (clock, monitor) = (Arc::clone(&on.clock), Arc::clone(&on.clock_monitor));
        let membership = Membership::new(work.clone(), clock, monitor, on.relay.status(), Arc::clone(&on.node_monitor));
        tasks.spawn("membership", membership.run(tasks.stop_token()));
        let listening = membership::listen(work.clone(), Arc::clone(&on.clock), tasks.stop_token());
        tasks.spawn("background notifications", listening);
    }
    tasks.spawn("relay", Arc::clone(&on.relay).run(Arc::clone(&on.signals.changes), tasks.stop_token()));
    let (relay, binding, condition) =
        (Arc::clone(&on.relay), Arc::clone(&on.integrity.binding), Arc::clone(&on.integrity.audit_condition));
    let (clock, stop) = (Arc::clone(&on.clock), tasks.stop_token());
    tasks.spawn("audit binding", async move {
        if binding.examine_audit_until_bound(&clock, &stop).await {
            condition.mark_examined();
            relay.hold(false);
        }
    });
    let maintenance = Maintenance::new(Arc::clone(&on.log), Arc::clone(&on.clock), config.audit.retention)
        .with_accepted_clock(on.accept_clock);
    let audit = AuditStatusReceivers {
        relay: on.relay.status(),
        maintenance: maintenance.status(),
        webhooks: on.webhooks.failure(),
    };
    let binding = &on.integrity.binding;
    spawn_once_examined(tasks, "audit maintenance", binding, |stop| maintenance.run(stop));

    let archiver = AlertArchiver::new(Arc::clone(&on.alerts), Arc::clone(&on.archive), Arc::clone(&on.clock))
        .with_notifications(Arc::clone(&on.notifications.feeder))
        .with_shared_work(on.shared.clone());
    on.notifications.spawn(tasks, Arc::clone(&on.metrics));
    // The forwarder follows the progress of the archiver, so none is stated here.
    let retention =
        AlertRetention { alerts: config.alerts.retention_count, age: config.alerts.retention, archived: None };
    let forwarder = FindingForwarder::new(Arc::clone(&on.alerts), Arc::clone(&on.clock), retention)
        .with_archiver(archiver.status())
        .with_shared_work(on.shared.clone());
    let alerts =
        AlertStatusReceivers { forwarder: forwarder.status(), feed: on.feed.status(), archiver: archiver.status() };
    let feed_status = on.feed.status();
    spawn_once_examined(tasks, "archiver", binding, |stop| archiver.run(feed_status, stop));
    let raised = unfold(Arc::clone(&on.signals.dirty_buckets), async |raised| Some((raised.take().await, raised)));
    tasks.spawn("forwarder", forwarder.run(raised, tasks.stop_token()));
    tasks.spawn("feed", Arc::clone(&on.feed).run(tasks.stop_token()));

    if config.cache.enabled {
        let (source, stop) = (Arc::clone(&on.near_cache.source), tasks.stop_token());
        let listener = Arc::new(MeteredListener::new(Arc::clone(&on.near_cache.memory) as _, &on.metrics));
        tasks.spawn("near cache", async move {
            stop.run_until_cancelled(source.run(listener)).await;
        });
        let reader = Arc::clone(&on.near_cache.reader);
        tasks.spawn_periodic("spot check", SPOT_CHECK_INTERVAL, move || spot_check(Arc::clone(&reader)));
    }

    let (writer, stop) = (Arc::clone(&on.activity_writer), tasks.stop_token());
    let flushing = flush_periodically(writer, config.sessions.flush_interval);
    tasks.spawn("activity flush", async move {
        stop.run_until_cancelled(flushing).await;
    });

    spawn_watchers(tasks, Arc::clone(&on.session_watcher), Arc::clone(&on.rejected_token_watcher));

    let writer = Arc::clone(&on.activity_writer);
    tasks
        .spawn_periodic("audit activity", AUDIT_ACTIVITY_INTERVAL, move || send_activity_to_audit(Arc::clone(&writer)));

    spawn_sweeps(tasks, config.sessions.sweep_interval, &on);

    spawn_once_examined(tasks, "webhooks", &on.integrity.binding, |stop| on.webhooks.run(stop));

    spawn_once_examined(tasks, "caller log", &on.integrity.binding, |stop| on.caller_log.run(stop));
    spawn_reloads(tasks, config, Arc::clone(&on.callers), &on.tls, on.geo_databases);

    let certificates = CertificateWatch::new(on.tls, Arc::clone(&on.clock), Arc::clone(&on.metrics));
    let checkpoints = Arc::clone(&on.integrity.checkpoints);
    tasks.spawn_periodic("checkpoints", checkpoints::ADVANCE_INTERVAL, move || {
        advance_checkpoints(Arc::clone(&checkpoints))
    });

    let token_keys = Arc::clone(&on.integrity.token_keys);
    tasks.spawn_periodic("token keys", token_keys::COMPARE_INTERVAL, move || {
        compare_token_keys(Arc::clone(&token_keys))
    });

    let checks = ReadinessChecks {
        store: on.store,
        shared: on.shared,
        clock: on.clock,
        clock_monitor: on.clock_monitor,
        binding: on.integrity.binding,
        audit_condition: on.integrity.audit_condition,
        max_clock_skew: config.sessions.max_clock_skew,
        activity: Arc::clone(&on.activity_writer.activity),
        near_cache: on.near_cache,
        is_cache_enabled: config.cache.enabled,
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

/// Starts a task that uses the audit database, once it is known to belong to the store.
fn spawn_once_examined<F>(
    tasks: &TaskGroup,
    name: &'static str,
    binding: &Arc<InstallationBinding>,
    run: impl FnOnce(CancellationToken) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let (binding, stop) = (Arc::clone(binding), tasks.stop_token());
    tasks.spawn(name, async move {
        if binding.wait_until_examined(&stop).await {
            run(stop).await;
        }
    });
}

/// Starts the detection of stolen sessions and tokens, which follows after the responses.
fn spawn_watchers(tasks: &TaskGroup, sessions: Arc<SessionWatcher>, rejected: Arc<RejectedTokenWatcher>) {
    let stop = tasks.stop_token();
    tasks.spawn("session watch", async move {
        stop.run_until_cancelled(watch_sessions(sessions)).await;
    });
    let stop = tasks.stop_token();
    tasks.spawn("rejected tokens", async move {
        stop.run_until_cancelled(watch_rejected_tokens(rejected)).await;
    });
}

/// Compares the clients of sessions with those before, as they arrive.
async fn watch_sessions(watcher: Arc<SessionWatcher>) {
    loop {
        watcher.wait_until_observed().await;
        watcher.compare_observed().await;
    }
}

/// Processes rejected tokens in batches, so that guesses cost a bounded number of writes.
async fn watch_rejected_tokens(watcher: Arc<RejectedTokenWatcher>) {
    loop {
        watcher.wait_until_rejected().await;
        sleep(COLLECT_INTERVAL).await;
        watcher.process().await;
    }
}

/// Reloads the files that may be replaced while the node runs.
fn spawn_reloads(
    tasks: &TaskGroup,
    config: &Config,
    callers: Arc<CallerAuthenticator>,
    tls: &NodeTls,
    geo_databases: Arc<GeoDatabases>,
) {
    tasks.spawn_periodic("callers file", config.callers.reload_interval, move || {
        Arc::clone(&callers).reload_if_changed()
    });
    if let (Some(_), Some(settings)) = (&tls.listeners, &config.tls) {
        let tls = tls.clone();
        tasks.spawn_periodic("tls files", settings.reload_interval, move || tls.clone().reload_listeners());
    }
    if let (Some(_), Some(settings)) = (&tls.store, &config.store.tls) {
        let tls = tls.clone();
        tasks.spawn_periodic("store tls files", settings.reload_interval, move || tls.clone().reload_store());
    }
    let webhooks = tls.clone();
    tasks.spawn_periodic("webhook files", config.webhooks.reload_interval, move || webhooks.clone().reload_webhooks());
    tasks.spawn_periodic("geoip databases", config.geo.reload_interval, move || Arc::clone(&geo_databases).reload());
}

/// Starts the sweeps of this node's buckets.
fn spawn_sweeps(tasks: &TaskGroup, interval: Duration, on: &BackgroundParts) {
    if let Some(work) = on.shared.clone() {
        let (sweeper, metrics) = (Arc::clone(&on.sweeper), Arc::clone(&on.metrics));
        tasks.spawn(
            "bucket scan",
            BucketScanner { work, sweeper, metrics, sweep_interval: interval }.run(tasks.stop_token()),
        );
        return;
    }
    // Sessions that ended while no node swept are reported at once, and with them how far the audit is complete.
    let (sweeper, metrics, stop) = (Arc::clone(&on.sweeper), Arc::clone(&on.metrics), tasks.stop_token());
    tasks.spawn("first sweep", async move {
        let all = async {
            for bucket in Bucket::all() {
                sweep(Arc::clone(&sweeper), Arc::clone(&metrics), bucket).await;
            }
        };
        stop.run_until_cancelled(all).await;
    });

    let (sweeper, metrics) = (Arc::clone(&on.sweeper), Arc::clone(&on.metrics));
    let mut bucket = Bucket(u8::MAX);
    let share = (interval / 256).max(Duration::from_millis(1));
    tasks.spawn_periodic("sweep", share, move || {
        bucket = Bucket(bucket.0.wrapping_add(1));
        sweep(Arc::clone(&sweeper), Arc::clone(&metrics), bucket)
    });
}

/// Flushes activity at every `pause`, and when the buffer is full.
async fn flush_periodically(writer: Arc<ActivityWriter>, pause: Duration) {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let pause = tokio::select! {
            _ = ticks.tick() => Duration::ZERO,
            () = writer.wait_until_full() => MIN_FLUSH_PAUSE,
        };
        flush(&writer).await;
        tokio::time::sleep(pause).await;
    }
}

async fn flush(writer: &ActivityWriter) {
    if let Err(error) = writer.flush().await {
        tracing::debug!(?error, "failed to write session activity; retrying");
    }
}

async fn send_activity_to_audit(writer: Arc<ActivityWriter>) {
    if let Err(error) = writer.send_to_audit().await {
        tracing::debug!(?error, "failed to send session activity to the audit database; retrying");
    }
}

async fn sweep(sweeper: Arc<BucketSweeper>, metrics: Arc<Metrics>, bucket: Bucket) {
    match sweeper.sweep(bucket).await {
        Ok(_) => metrics.bucket_swept(),
        Err(error) => tracing::debug!(%bucket, ?error, "failed to sweep a bucket; retrying"),
    }
}

async fn advance_checkpoints(checkpoints: Arc<CheckpointMonitor>) {
    if let Err(error) = checkpoints.advance().await {
        tracing::debug!(%error, "failed to advance the session store's checkpoints");
    }
}

async fn compare_token_keys(token_keys: Arc<TokenKeyWatch>) {
    if let Err(error) = token_keys.compare().await {
        tracing::debug!(%error, "failed to compare token keys with other nodes; retrying");
    }
}

async fn spot_check(reader: Arc<SessionReader>) {
    match reader.spot_check().await {
        Ok(SpotCheckResult::NothingToCheck | SpotCheckResult::Consistent) => {}
        Ok(SpotCheckResult::Stale(id)) => tracing::error!(
            %id,
            "the near cache served a session older than `cache.max_staleness`; set `cache.enabled` to false and report \
             this"
        ),
        Err(error) => tracing::debug!(%error, "failed to compare the near cache with the store"),
    }
}
