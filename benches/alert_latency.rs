//! Measures the time from the response of the store's `create` to the receipt of its alert by 1,000 subscribers of the
//! node, on Redis and on the embedded engine.
//!
//! The reference, in the same run, is a plain PUBLISH to one subscriber of the same Redis. Each engine is measured once
//! with subscribers of the library and once over gRPC, and ends after [`ALERTS`] alerts.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, reason = "a bench may panic")]
#![expect(clippy::disallowed_methods, reason = "tasks end with the bench")]

#[path = "alert_latency/over_grpc.rs"]
mod over_grpc;
#[path = "common/session.rs"]
mod session;

use std::{sync::Arc, time::Duration};

use session_authority::{
    alerts::{AlertDelivery, AlertFeed, AlertFilter, FeedSettings, FindingForwarder, NoopAlertObserver, StartPosition},
    audit::NoEventLog,
    clock::{Stopwatch, SystemClock},
    domain::{
        Alert, Bucket, EventId, EventKind, InstallationSecret, Session, TenantScope, TokenSecret, UnixMillis,
        alert::{AlertAction, AlertId, ClientObservation, NotificationContact, NotificationEmail, Severity},
    },
    lifecycle::TaskGroup,
    store::{
        AlertRetention, AlertStream, Finding, FindingTrigger, SessionCreation, SessionStore, redis::RedisSessionStore,
        sqlite::SqliteSessionStore,
    },
};
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;

use self::session::{login, session};

const SUBSCRIBERS: usize = 1_000;
const ALERTS: u64 = 200;
/// Alerts that are not measured: with their first alert, all subscribers also read the earlier ones.
const WARM_UP: u64 = 10;
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const SECRET: TokenSecret = TokenSecret::new([9; 32]);
const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let server = test_support::redis::RedisServer::start().await;
    println!("{ALERTS} sequential alerts, {SUBSCRIBERS} subscribers on one node");
    print_latencies("plain PUBLISH, one subscriber", measure_publish(&server).await);
    print_latencies(
        "Redis",
        measure_delivery(Arc::new(RedisSessionStore::connect(&server.url()).await.expect("a store"))).await,
    );
    // The library's store is bound to an installation with other keys than the node's.
    let server = test_support::redis::RedisServer::start().await;
    print_latencies("Redis, over gRPC", over_grpc::measure_delivery(Some(&server.url())).await);
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    print_latencies(
        "embedded",
        measure_delivery(Arc::new(SqliteSessionStore::open(&url).await.expect("a store"))).await,
    );
    print_latencies("embedded, over gRPC", over_grpc::measure_delivery(None).await);
}

fn print_latencies(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!("{what:<32} p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms", at(50), at(99), at(100));
}

/// Returns the latencies of PUBLISH: the lower bound for any delivery through Redis.
async fn measure_publish(server: &test_support::redis::RedisServer) -> Vec<Duration> {
    let client = redis::Client::open(server.url()).expect("a client");
    let mut heard = client.get_async_pubsub().await.expect("a connection");
    heard.subscribe("sa1:alerts").await.expect("subscribed");
    let mut heard = heard.into_on_message();
    let mut speaking = client.get_multiplexed_async_connection().await.expect("a connection");
    let mut took = Vec::new();
    for _ in 0..ALERTS {
        let watch = Stopwatch::start();
        let mut publish = redis::cmd("PUBLISH");
        publish.arg("sa1:alerts").arg("x".repeat(600));
        let _: u64 = publish.query_async(&mut speaking).await.expect("published");
        tokio::time::timeout(TIMEOUT, heard.next()).await.expect("a message in time").expect("a message");
        took.push(watch.elapsed());
    }
    took
}

/// Returns how long each subscriber waited for each alert.
async fn measure_delivery<E: SessionStore + AlertStream + 'static>(store: Arc<E>) -> Vec<Duration> {
    let tasks = TaskGroup::new();
    let settings = FeedSettings { buffer: 1024, max_subscribers: SUBSCRIBERS, poll_interval: Duration::from_secs(1) };
    let feed = AlertFeed::new(
        Arc::clone(&store) as _,
        Arc::new(NoEventLog),
        Arc::new(SystemClock),
        Arc::new(NoopAlertObserver),
        settings,
    );
    tasks.spawn("feed", Arc::clone(&feed).run(tasks.stop_token()));
    let ready =
        async { feed.status().wait_for(|status| status.is_listening && status.caught_up_at.is_some()).await.is_ok() };
    assert!(tokio::time::timeout(TIMEOUT, ready).await.expect("a feed in time"));
    let keep = AlertRetention { alerts: 100_000, age: Duration::from_hours(1), archived: None };
    let forwarder = FindingForwarder::new(Arc::clone(&store) as _, Arc::new(SystemClock), keep);
    let (raised, hints) = mpsc::channel::<Bucket>(16);
    let hints = futures_util::stream::unfold(hints, async |mut hints| Some((vec![hints.recv().await?], hints)));
    tasks.spawn("forwarder", forwarder.run(hints, tasks.stop_token()));

    // The stopwatch of the current alert, and the times at which subscribers received it.
    let (start, started) = watch::channel(Stopwatch::start());
    let (had, mut all) = mpsc::channel(SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        let filter = AlertFilter::for_scope(TenantScope::All);
        let mut subscription = feed.subscribe(StartPosition::Now, &filter).await.expect("a subscription");
        let (started, had) = (started.clone(), had.clone());
        tokio::spawn(async move {
            while let Ok(AlertDelivery::Alert(..)) = subscription.next(&filter).await {
                let took = started.borrow().elapsed();
                if had.send(took).await.is_err() {
                    return;
                }
            }
        });
    }
    let mut took = Vec::new();
    for number in 0..WARM_UP + ALERTS {
        let creation = creation(number);
        let bucket = creation.session.id.handle.bucket();
        store.create(creation).await.expect("created");
        start.send_replace(Stopwatch::start());
        raised.send(bucket).await.expect("a forwarder");
        for _ in 0..SUBSCRIBERS {
            let one = tokio::time::timeout(TIMEOUT, all.recv()).await.expect("received in time");
            took.push(one.expect("a subscriber"));
        }
        if number < WARM_UP {
            took.clear();
        }
    }
    drop(all);
    assert!(tasks.stop(TIMEOUT).await, "an orderly end");
    took
}

fn creation(number: u64) -> SessionCreation {
    let Session { id, owner, record, clock } = session(number, &InstallationSecret::new(&[7; 32]), &SECRET, NOW);
    let event = EventId::from_session(EventKind::Created, id, 1);
    let alert = Alert {
        id: AlertId::new("NEW_COUNTRY", event),
        tenant: owner.tenant.clone(),
        rule: "NEW_COUNTRY".to_owned(),
        rule_version: 1,
        severity: Severity::Medium,
        event_time: NOW,
        detected_time: NOW,
        user: Some(owner.user.clone()),
        session: Some(id),
        device_id: String::new(),
        current: ClientObservation::from_login(&record),
        previous: None,
        action_taken: AlertAction::None,
        action_recommended: AlertAction::Notify,
        audit_only: false,
        detail: None,
        reason_admin: "Sign-in from BR, where the user was never seen".to_owned(),
        reason_user: "New sign-in from Brazil on Chrome on Windows".to_owned(),
        mitre_techniques: vec!["T1078".to_owned()],
        dedup_key: "NEW_COUNTRY:BR".to_owned(),
        dedup_count: 1,
        event: Some(event),
        email: NotificationEmail::default(),
        contact: NotificationContact::default(),
        group: None,
        acknowledgement: None,
    };
    let findings = vec![Finding { alert, trigger: FindingTrigger::Login, dedup_window: Duration::ZERO }];
    SessionCreation { findings, ..login(Session { id, owner, record, clock }) }
}
