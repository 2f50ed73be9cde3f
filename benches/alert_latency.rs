//! From the answer of the store's `create` to the receipt of its alert by 1,000 subscribers of the node, on Redis and
//! on the embedded engine. In the same run as reference: a plain PUBLISH to one subscriber of the same Redis.
//!
//! Once with subscribers of the library, and once over gRPC. Ends after [`ALERTS`] alerts an engine.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "tasks end with the bench")]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

#[path = "alert_latency/over_grpc.rs"]
mod over_grpc;
#[path = "common/session.rs"]
mod session;

use std::{sync::Arc, time::Duration};

use session_authority::{
    alerts::{Begin, Delivery, Feed, FeedSettings, Filter, Forwarder, Unobserved},
    audit::NoEventLog,
    clock::{Stopwatch, SystemClock},
    domain::{
        Alert, Bucket, EventId, EventKind, InstallationSecret, Secret, Session, TenantScope, UnixMillis,
        alert::{AlertAction, AlertId, NotificationEmail, Observation, Severity},
    },
    lifecycle::Tasks,
    store::{
        AlertStream, Creation, Finding, Keep, SessionStore, Trigger, redis::RedisSessionStore,
        sqlite::SqliteSessionStore,
    },
};
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;

use self::session::{login, session};

const SUBSCRIBERS: usize = 1_000;
const ALERTS: u64 = 200;
/// Not counted: with their first alert all subscribers read what was before them.
const WARM_UP: u64 = 10;
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const SECRET: Secret = Secret::new([9; 32]);
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let server = support::redis::RedisServer::start().await;
    println!("{ALERTS} alerts one after the other, {SUBSCRIBERS} subscribers on one node");
    tell("plain PUBLISH, one subscriber", plain(&server).await);
    tell("Redis", delivered(Arc::new(RedisSessionStore::connect(&server.url()).await.expect("a store"))).await);
    // The library's store is bound to an installation that the node's keys are not of.
    let server = support::redis::RedisServer::start().await;
    tell("Redis, over gRPC", over_grpc::delivered(Some(&server.url())).await);
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    tell("embedded", delivered(Arc::new(SqliteSessionStore::open(&url).await.expect("a store"))).await);
    tell("embedded, over gRPC", over_grpc::delivered(None).await);
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!("{what:<32} p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms", at(50), at(99), at(100));
}

/// The round trip that nothing on Redis can be quicker than.
async fn plain(server: &support::redis::RedisServer) -> Vec<Duration> {
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
        tokio::time::timeout(PATIENCE, heard.next()).await.expect("heard in time").expect("heard");
        took.push(watch.elapsed());
    }
    took
}

/// What each subscriber waited for each alert.
async fn delivered<E: SessionStore + AlertStream + 'static>(store: Arc<E>) -> Vec<Duration> {
    let tasks = Tasks::new();
    let settings = FeedSettings { buffer: 1024, max_subscribers: SUBSCRIBERS, catch_up: Duration::from_secs(1) };
    let feed =
        Feed::new(Arc::clone(&store) as _, Arc::new(NoEventLog), Arc::new(SystemClock), Arc::new(Unobserved), settings);
    tasks.spawn("feed", Arc::clone(&feed).run(tasks.token()));
    let ready =
        async { feed.status().wait_for(|status| status.is_listening && status.complete_at.is_some()).await.is_ok() };
    assert!(tokio::time::timeout(PATIENCE, ready).await.expect("a feed in time"));
    let keep = Keep { alerts: 100_000, age: Duration::from_hours(1), archived: None };
    let forwarder = Forwarder::new(Arc::clone(&store) as _, Arc::new(SystemClock), keep);
    let (raised, hints) = mpsc::channel::<Bucket>(16);
    let hints = futures_util::stream::unfold(hints, async |mut hints| Some((vec![hints.recv().await?], hints)));
    tasks.spawn("forwarder", forwarder.run(hints, tasks.token()));

    // The stopwatch of the alert that is on its way, and whoever has it.
    let (start, started) = watch::channel(Stopwatch::start());
    let (had, mut all) = mpsc::channel(SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        let filter = Filter::all_of(TenantScope::All);
        let mut subscription = feed.subscribe(Begin::Now, &filter).await.expect("a subscription");
        let (started, had) = (started.clone(), had.clone());
        tokio::spawn(async move {
            while let Ok(Delivery::Alert(..)) = subscription.next(&filter).await {
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
            let one = tokio::time::timeout(PATIENCE, all.recv()).await.expect("received in time");
            took.push(one.expect("a subscriber"));
        }
        if number < WARM_UP {
            took.clear();
        }
    }
    drop(all);
    assert!(tasks.stop(PATIENCE).await, "an orderly end");
    took
}

fn creation(number: u64) -> Creation {
    let Session { id, owner, record, clock } = session(number, &InstallationSecret::new(&[7; 32]), &SECRET, NOW);
    let event = EventId::of_session(EventKind::Created, id, 1);
    let alert = Alert {
        id: AlertId::of("NEW_COUNTRY", event),
        tenant: owner.tenant.clone(),
        rule: "NEW_COUNTRY".to_owned(),
        rule_version: 1,
        severity: Severity::Medium,
        event_time: NOW,
        detected_time: NOW,
        user: Some(owner.user.clone()),
        session: Some(id),
        device_id: String::new(),
        current: Observation::of_login(&record),
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
        group: None,
    };
    let findings = vec![Finding { alert, raised_by: Trigger::Login, quiet_for: Duration::ZERO }];
    Creation { findings, ..login(Session { id, owner, record, clock }) }
}
