//! Measures how fast a backlog is moved from Redis to PostgreSQL, compared with a plain COPY of the same rows.
//!
//! The library fills the outbox of a Redis with the login and the end of each session. Then, alternately, the relay
//! drains it into an empty database, and COPY writes the resulting rows to another one. PostgreSQL has its default
//! settings, so committed rows are on disk. Both databases have the same tables, partitions and indexes.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, reason = "a bench may panic")]

#[path = "common/statistics.rs"]
#[expect(dead_code, reason = "other benches use the rest")]
mod figures;

#[path = "common/session.rs"]
mod session;

#[path = "audit_relay/copy_baseline.rs"]
mod copy_baseline;
#[path = "audit_relay/outbox.rs"]
mod outbox;

use std::{sync::Arc, time::Duration};

use session_authority::{
    audit::{self, EventLog, MaintenanceRun, Relay},
    clock::{Clock, Stopwatch, SystemClock},
    store::{
        BackgroundStore, BucketAssignment, NodeId, SharedWork,
        background::rendezvous_share,
        redis::{RedisOptions, RedisSessionStore},
    },
};
use test_support::{postgres::PostgresServer, redis::RedisServer};
use tokio::task::JoinSet;

use self::{
    copy_baseline::CopyBaseline,
    figures::{format_verdict, median},
    outbox::OutboxSnapshot,
};

/// Numbers of nodes whose relays share the buckets.
const NODES: [usize; 2] = [2, 4];
/// Sessions that are created and ended: two events each.
const SESSIONS: u64 = 30_000;
const ROUNDS: usize = 3;
const RETENTION: Duration = Duration::from_hours(400 * 24);

#[tokio::main]
async fn main() {
    let redis = RedisServer::start().await;
    let postgres = PostgresServer::durable().await;
    let store = connect_store(&redis).await;
    outbox::fill(&store, SESSIONS).await;
    let outbox = OutboxSnapshot::capture(&redis).await;
    let events = outbox.len();
    println!("{events} events (half logins, half endings); medians of {ROUNDS} interleaved rounds");

    let (url, _) = run_relay(&store, &postgres).await;
    let copied = CopyBaseline::from_database(&url).await;
    let (mut relay, mut copy) = (Vec::new(), Vec::new());
    let mut shared = NODES.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (nodes, rates) in NODES.iter().zip(&mut shared) {
            outbox.restore(&redis).await;
            let (url, took) = run_relays(*nodes, &redis, &postgres).await;
            assert_eq!(
                CopyBaseline::from_database(&url).await.row_count(),
                copied.row_count(),
                "the relays store every row in each round"
            );
            rates.push(events_per_second(events, took));
        }
        outbox.restore(&redis).await;
        let (url, took) = run_relay(&store, &postgres).await;
        assert_eq!(
            CopyBaseline::from_database(&url).await.row_count(),
            copied.row_count(),
            "the relay stores every row in each round"
        );
        relay.push(events_per_second(events, took));
        copy.push(events_per_second(events, copied.copy_into(&create_empty_database(&postgres).await.0).await));
    }
    let (relay, copy) = (median(&relay), median(&copy));
    println!("relay, 1 node               {relay:>8.0} events/s");
    for (nodes, rates) in NODES.iter().zip(&shared) {
        let (rate, ratio) = (median(rates), median(rates) / relay);
        println!("relay, {nodes} nodes              {rate:>8.0} events/s");
        println!("{nodes} nodes / one               {}", format_verdict(ratio, ratio >= 1.0, "at least 1.00"));
    }
    println!("COPY of the same rows       {copy:>8.0} events/s, {} rows", copied.row_count());
    println!(
        "relay                       {}",
        format_verdict(relay / 1_000.0, relay >= 20_000.0, "at least 20 thousand events/s")
    );
    println!("relay / COPY                {}", format_verdict(relay / copy, relay >= 0.5 * copy, "at least 0.50"));
}

/// Drains the outbox into an empty database. Returns its URL and the time until the outbox was found empty.
async fn run_relay(store: &Arc<RedisSessionStore>, postgres: &PostgresServer) -> (String, Duration) {
    let (url, log) = create_empty_database(postgres).await;
    let relay = Relay::new(Arc::clone(store) as _, Arc::clone(&log), Arc::new(SystemClock));
    let watch = Stopwatch::start();
    while relay.drain_once().await.expect("a pass").entries > 0 {}
    let took = watch.elapsed();
    log.close().await;
    (url, took)
}

/// Does the same with the relays of several nodes, each with its share of the buckets and its own connections.
async fn run_relays(nodes: usize, redis: &RedisServer, postgres: &PostgresServer) -> (String, Duration) {
    let (url, log) = create_empty_database(postgres).await;
    log.close().await;
    let ids: Vec<_> = (1..=8).map(|byte| NodeId([byte * 31; 8])).take(nodes).collect();
    let mut relays = Vec::new();
    for id in &ids {
        let store = connect_store(redis).await;
        let assignment = Arc::new(BucketAssignment::new(*id));
        assignment.accept_claims(&store.claim(*id, rendezvous_share(*id, &ids)).await.expect("claims"));
        let log = audit::open(&url, false).await.expect("an audit database").log;
        let work = SharedWork { store: Arc::clone(&store) as _, assignment };
        relays.push((Relay::new(store, Arc::clone(&log), Arc::new(SystemClock)).with_shared_work(Some(work)), log));
    }
    let watch = Stopwatch::start();
    let mut draining = JoinSet::new();
    for (relay, log) in relays {
        draining.spawn(async move {
            while relay.drain_once().await.expect("a pass").entries > 0 {}
            log
        });
    }
    let logs = draining.join_all().await;
    let took = watch.elapsed();
    for log in logs {
        log.close().await;
    }
    (url, took)
}

/// Connects a store with a long timeout, because relays, Redis and PostgreSQL share the machine.
async fn connect_store(redis: &RedisServer) -> Arc<RedisSessionStore> {
    let patient = Duration::from_secs(10);
    let options = RedisOptions { connect_timeout: patient, response_timeout: patient, ..RedisOptions::default() };
    Arc::new(RedisSessionStore::connect_with(&redis.url(), &options).await.expect("a store"))
}

/// Creates an empty database with the schema and the partitions.
async fn create_empty_database(postgres: &PostgresServer) -> (String, Arc<dyn EventLog>) {
    let url = postgres.database().await;
    let log = audit::open(&url, true).await.expect("an audit database").log;
    let now = SystemClock.now();
    log.run_maintenance(MaintenanceRun::new(now, now.minus(RETENTION))).await.expect("partitions");
    copy_baseline::checkpoint(&url).await;
    (url, log)
}

fn events_per_second(events: u64, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "thousands are exact")]
    let events = events as f64;
    events / took.as_secs_f64()
}
