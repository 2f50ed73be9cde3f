//! A bucket whose keys are on two servers.

use std::time::Duration;

use redis::Value;
use redis::aio::MultiplexedConnection;
use session_authority::clock::Stopwatch;
use session_authority::domain::EndReason;
use session_authority::store::redis::{RedisOptions, RedisSessionStore};
use session_authority::store::{LoadOutcome, SessionStore, StoreError};

use super::{connect_store, connect_with_timeout, outbox_key, retry_until_ok};
use crate::conformance::fixture::{StoreFixture, count_endings, event_kinds};
use crate::conformance::operations::{revoke, revoke_all};
use crate::conformance::users::{NOW, TestUser};
use crate::support::proxy::{ProxyDirection, TcpProxy};
use crate::support::redis_cluster::{RedisCluster, until};

const BUCKET: u8 = 7;

/// Returns the slot of [`BUCKET`], its master, and another master.
async fn migration_route(cluster: &RedisCluster) -> (u16, usize, usize) {
    let from = cluster.master_of(&outbox_key(BUCKET), 0).await;
    (cluster.slot_of(&outbox_key(BUCKET)).await, from, (from + 1) % 3)
}

async fn verdicts(store: &RedisSessionStore, ann: &TestUser) -> [&'static str; 3] {
    let mut verdicts = [""; 3];
    for (number, verdict) in (1..=3).zip(&mut verdicts) {
        *verdict = match store.load(ann.session_id(number)).await.expect("a verdict") {
            LoadOutcome::Found(_) => "found",
            LoadOutcome::Ended(tombstone) if tombstone.reason == EndReason::Revoked => "revoked",
            LoadOutcome::Ended(_) => "ended otherwise",
            LoadOutcome::NotFound => "missing",
        };
    }
    verdicts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verdict_stays_right_with_every_key_that_moves() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let store = connect_store(cluster).await;
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    store.create(ann.login(1, NOW)).await.expect("create");
    store.create(ann.login(2, NOW)).await.expect("create");
    store.revoke(revoke(ann.session_id(2), NOW)).await.expect("revoke");

    let (slot, from, to) = migration_route(cluster).await;
    let mut keys = cluster.keys(slot, from).await;
    keys.sort();
    assert!(keys.len() >= 6, "records, clocks, tombstones, due, outbox and meta");
    for (from, to) in [(from, to), (to, from)] {
        cluster.begin_move(slot, from, to).await;
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(verdicts(&store, &ann).await, ["found", "revoked", "missing"]);
            let half_way = number == keys.len() / 2;
            for error in if half_way { refused_calls(&store, &ann).await } else { Vec::new() } {
                assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
            }
            cluster.move_key(key, from, to).await;
        }
        assert_eq!(verdicts(&store, &ann).await, ["found", "revoked", "missing"]);
        cluster.finish_move(slot, from, to).await;
        assert_eq!(verdicts(&store, &ann).await, ["found", "revoked", "missing"]);
        assert_eq!(retry_until_ok(async || store.list(&ann.owner, ann.handle, &[], NOW).await).await.len(), 1);
        keys.reverse();
    }
    let events = f.drain().await;
    assert_eq!((events.len(), count_endings(&events, EndReason::Revoked)), (3, 1));
}

/// Returns the errors of calls that need keys which are on both servers, or on neither yet.
async fn refused_calls(store: &RedisSessionStore, ann: &TestUser) -> Vec<StoreError> {
    vec![
        store.create(ann.login(3, NOW)).await.expect_err("no new session"),
        store.list(&ann.owner, ann.handle, &[], NOW).await.expect_err("no list"),
        store.revoke(revoke(ann.session_id(1), NOW)).await.expect_err("no end"),
        store.revoke_all(revoke_all(ann, NOW, 1)).await.expect_err("no end"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_waits_for_the_end_of_a_short_move() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    f.sign_in(ann.login(1, NOW)).await;
    let (slot, from, to) = migration_route(cluster).await;
    let patient = connect_with_timeout(cluster, Duration::from_secs(30)).await;
    cluster.begin_move(slot, from, to).await;
    let keys = cluster.keys(slot, from).await;
    cluster.move_key(&keys[0], from, to).await;
    let rest = async {
        for key in &keys[1..] {
            cluster.move_key(key, from, to).await;
        }
        cluster.finish_move(slot, from, to).await;
    };
    let (ended, ()) = tokio::join!(patient.revoke(revoke(ann.session_id(1), NOW)), rest);
    assert_eq!(ended.expect("a response").len(), 1);
    assert_eq!(event_kinds(&f.drain().await, ann.session_id(1)).len(), 2);
    cluster.move_slot(slot, to, from).await;
}

/// The mutant: the whole read is redirected because one of its keys has moved.
#[tokio::test]
async fn a_reading_that_follows_a_redirection_as_a_whole_misses_what_has_not_moved() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    f.sign_in(ann.login(1, NOW)).await;
    let (slot, from, to) = migration_route(cluster).await;
    cluster.begin_move(slot, from, to).await;
    cluster.move_key(&ann.key('c'), from, to).await;

    let mut source = cluster.nodes[from].admin().await;
    assert_eq!(redirection(&mut source, "HLEN", &ann.key('c')).await.as_deref(), Some("ASK"));
    let mut target = cluster.nodes[to].admin().await;
    let mut pipe = redis::pipe();
    for kind in ['u', 'c', 't'] {
        pipe.cmd("ASKING").ignore().cmd("HGET").arg(ann.key(kind)).arg(&ann.session_id(1).unique[..]);
    }
    let (record, clock, tombstone): (Value, Value, Value) = pipe.query_async(&mut target).await.expect("a response");
    assert!(
        record == Value::Nil && clock != Value::Nil && tombstone == Value::Nil,
        "an active session appears to be missing"
    );
    assert!(matches!(f.load(ann.session_id(1)).await, Ok(LoadOutcome::Found(_))));

    cluster.move_slot(slot, from, to).await;
    cluster.move_slot(slot, to, from).await;
}

/// The record is read on one server. Before the clock is read on the other one, the migration completes and the session
/// ends. Reading again in order finds the tombstone, for which an unordered read would have looked too early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_while_it_is_read_from_two_servers_is_returned_as_ended() {
    let cluster = RedisCluster::start().await;
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    let (slot, from, to) = migration_route(&cluster).await;
    let proxy = TcpProxy::start(cluster.nodes[to].address()).await;
    cluster.announce(to, proxy.address().port(), from).await;
    let patience = Duration::from_secs(30);
    let options = RedisOptions {
        connections: 1,
        connect_timeout: patience,
        response_timeout: patience,
        ..RedisOptions::default()
    };
    let url = cluster.url_by(&[from]);
    let store = RedisSessionStore::connect_with(&url, &options).await.expect("a store");
    for number in 1..=2 {
        store.create(ann.login(number, NOW)).await.expect("create");
    }
    store.revoke(revoke(ann.session_id(2), NOW)).await.expect("revoke");
    let (mut source, mut target) = (cluster.nodes[from].admin().await, cluster.nodes[to].admin().await);
    let tombstone = read(&mut source, &ann, 't', 2).await.expect("a tombstone");

    cluster.begin_move(slot, from, to).await;
    cluster.move_key(&ann.key('c'), from, to).await;
    assert_eq!(verdicts(&store, &ann).await, ["found", "revoked", "missing"]);
    let out_of_order = read(&mut source, &ann, 't', 1).await;

    proxy.freeze(ProxyDirection::Requests);
    let held = proxy.held_back_count();
    let end = async {
        until("the clock is requested", async || proxy.held_back_count() > held).await;
        cluster.move_slot(slot, from, to).await;
        let unique = ann.session_id(1).unique;
        let mut end = redis::pipe();
        end.hdel(ann.key('u'), &unique[..]).hdel(ann.key('c'), &unique[..]);
        end.hset(ann.key('t'), &unique[..], tombstone).exec_async(&mut target).await.expect("an end");
        proxy.thaw(ProxyDirection::Requests);
    };
    let (loaded, ()) = tokio::join!(store.load(ann.session_id(1)), end);
    assert!(matches!(loaded, Ok(LoadOutcome::Ended(_))), "{loaded:?}");

    // The mutant: with the tombstones of the first read the session would have been missing.
    let clock = read(&mut target, &ann, 'c', 1).await;
    assert!(clock.is_none() && out_of_order.is_none());
}

async fn read(redis: &mut MultiplexedConnection, user: &TestUser, kind: char, number: u64) -> Option<Vec<u8>> {
    let mut read = redis::cmd("HGET");
    read.arg(user.key(kind)).arg(&user.session_id(number).unique[..]).query_async(redis).await.expect("a response")
}

async fn redirection(redis: &mut MultiplexedConnection, command: &str, key: &[u8]) -> Option<String> {
    let answer = redis::cmd(command).arg(key).query_async::<Value>(redis).await;
    answer.err().and_then(|error| error.code().map(str::to_owned))
}

/// An `ASK` redirect does not mean that the slot map is outdated.
#[tokio::test]
async fn validations_in_a_bucket_that_moves_do_not_ask_for_the_slots_again() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    f.sign_in(ann.login(1, NOW)).await;
    let (slot, from, to) = migration_route(cluster).await;
    cluster.begin_move(slot, from, to).await;
    cluster.move_key(&ann.key('c'), from, to).await;

    let before = slot_queries(cluster).await;
    // Much longer than the minimum interval between two refreshes of the slot map.
    let begun = Stopwatch::start();
    while begun.elapsed() < Duration::from_millis(300) {
        assert!(matches!(f.load(ann.session_id(1)).await, Ok(LoadOutcome::Found(_))));
    }
    assert_eq!(slot_queries(cluster).await, before);
    cluster.move_slot(slot, from, to).await;
    cluster.move_slot(slot, to, from).await;
}

/// Returns how often the nodes were queried for the slots.
async fn slot_queries(cluster: &RedisCluster) -> u64 {
    let mut surveys = 0;
    for mut admin in cluster.admins().await {
        let command_stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut admin).await.expect("INFO");
        let slots = command_stats.lines().find_map(|line| line.strip_prefix("cmdstat_cluster|slots:calls="));
        surveys += slots.and_then(|rest| rest.split(',').next()?.parse::<u64>().ok()).unwrap_or_default();
    }
    surveys
}
