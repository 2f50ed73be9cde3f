//! Failures of a Redis server.

use std::{collections::BTreeSet, time::Duration};

use session_authority::{
    domain::{Bucket, BucketSet, EndReason, event::RevocationScope},
    store::{
        BackgroundStore, BindingFault, BoundStore, KnownCheckpoints, SessionStore, StoreError, redis::RedisSessionStore,
    },
};

use super::fixture::{StoreEngine, StoreFixture, count_endings};
use super::operations::{revoke, revoke_all, revoke_mass};
use super::users::{IDLE, LIFETIME, NOW, TestUser, after};
use crate::support::redis::RedisServer;

fn server_of(f: &StoreFixture) -> &RedisServer {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    server
}

#[tokio::test]
async fn a_user_who_cannot_be_read_does_not_keep_others_from_being_swept() {
    let f = StoreFixture::redis().await;
    let [broken, whole] = ["broken", "whole"].map(|name| TestUser::new(name).in_bucket(9));
    f.sign_in(broken.login(1, NOW)).await;
    f.sign_in(whole.login(1, after(Duration::from_secs(1)))).await;
    let mut admin = server_of(&f).admin().await;
    let clocks: Vec<Vec<u8>> = redis::cmd("KEYS").arg("sa1:{09}:c:*").query_async(&mut admin).await.expect("keys");
    for key in clocks {
        let fields: Vec<Vec<u8>> = redis::cmd("HKEYS").arg(&key).query_async(&mut admin).await.expect("fields");
        if key.ends_with(&broken.handle.0) {
            let () = redis::cmd("HSET")
                .arg(key)
                .arg(&fields[0])
                .arg("short")
                .query_async(&mut admin)
                .await
                .expect("a clock");
        }
    }
    let swept = f.sweep(Bucket(9), after(LIFETIME), 100).await.expect("a sweep");
    let ended: Vec<_> = swept.ended.iter().map(|ended| (ended.session_id, ended.reason)).collect();
    assert_eq!(ended, [(whole.session_id(1), EndReason::IdleTimeout)]);
    assert!(!f.sweep(Bucket(9), after(LIFETIME), 100).await.expect("a sweep").has_more, "it is put off");
}

#[tokio::test]
async fn an_outbox_full_of_large_events_is_read_in_parts() {
    let f = StoreFixture::redis().await;
    let mut admin = server_of(&f).admin().await;
    // Events of maximum size in every bucket, 84 MB in all: more than one read takes.
    let record = vec![0_u8; 8 * 1024];
    for bucket in Bucket::all() {
        let mut pipe = redis::pipe();
        for _ in 0..40 {
            pipe.cmd("XADD")
                .arg(format!("sa1:{{{bucket}}}:outbox"))
                .arg("*")
                .arg("k")
                .arg(1)
                .arg("r")
                .arg(&record)
                .ignore();
        }
        let () = pipe.query_async(&mut admin).await.expect("events");
    }
    let pending = f.read_outbox(Bucket::ALL, 32).await.expect("the heads");
    assert_eq!(pending.len(), 256 * 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_server_does_not_answer_nobody_waits_for_more_than_one_attempt() {
    let f = StoreFixture::redis().await;
    let server = server_of(&f);
    let store = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let ann = TestUser::new("ann");
    store.create(ann.login(1, NOW)).await.expect("create");
    server.pause();
    // The first round uses up the pooled connections; the second one finds none.
    for _ in 0..2 {
        let calls = (0..100).map(|_| store.load(ann.session_id(1)));
        let patience = Duration::from_secs(10);
        let answers = tokio::time::timeout(patience, futures_util::future::join_all(calls)).await.expect("in time");
        assert!(answers.iter().all(Result::is_err));
    }
    server.resume();
    while store.load(ann.session_id(1)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(store.list(&ann.owner, ann.handle, &[], after(IDLE)).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn without_memory_nobody_signs_in_and_everybody_can_be_signed_out() {
    let f = StoreFixture::redis().await;
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, NOW)).await;
    f.drain().await;
    let mut admin = server_of(&f).admin().await;
    let () = redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).query_async(&mut admin).await.expect("a setting");

    let error = f.create(ann.login(3, NOW)).await.expect_err("no memory");
    assert!(!error.is_ambiguous(), "nothing was changed: {error}");
    assert!(f.drain().await.is_empty());
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 2);
    assert_eq!(f.revoke(revoke(ann.session_id(1), NOW)).await.expect("revoke").len(), 1);
    assert_eq!(f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all").session_ids, [ann.session_id(2)]);
    assert_eq!(count_endings(&f.drain().await, EndReason::Revoked), 1);
}

#[tokio::test]
async fn a_user_that_may_not_load_scripts_gets_an_error_that_says_so() {
    let f = StoreFixture::redis().await;
    let mut admin = server_of(&f).admin().await;
    let mut forbid = redis::cmd("ACL");
    forbid.arg("SETUSER").arg("session-authority").arg("-script|load");
    forbid.exec_async(&mut admin).await.expect("a right less");
    let error = f.create(TestUser::new("ann").login(1, NOW)).await.expect_err("no script");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("script|load"), "{error}");
}

/// A cursor of one server process is meaningless to another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_visits_every_user_however_often_the_server_is_restarted() {
    const USERS: u64 = 600;
    let server = RedisServer::durable().await;
    let store = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let users: Vec<_> = (0..USERS).map(|number| TestUser::new(&format!("user {number}")).in_bucket(9)).collect();
    for user in &users {
        store.create(user.login(1, NOW)).await.expect("a session");
    }
    store.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await.expect("an operation");
    let (mut ended, mut steps) = (BTreeSet::new(), 0);
    loop {
        let Ok(swept) = store.sweep(Bucket(9), NOW, 40).await else {
            // Connections to the server that has ended.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        ended.extend(swept.ended.iter().map(|ended| ended.session_id));
        if !swept.has_more {
            break;
        }
        steps += 1;
        if steps % 3 == 0 && steps < 20 {
            server.restart().await;
        }
    }
    assert!(steps > 6, "the pass must be interrupted");
    let left: Vec<_> = users.iter().filter(|user| !ended.contains(&user.session_id(1))).collect();
    assert!(left.is_empty(), "{} of {USERS} users were never visited", left.len());
}

#[tokio::test]
async fn a_probe_detects_a_read_only_server() {
    let f = StoreFixture::redis().await;
    let mut admin = server_of(&f).admin().await;
    f.probe_write(NOW).await.expect("writes are accepted");
    let set = async |admin: &mut redis::aio::MultiplexedConnection, name: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec_async(admin).await.expect("a setting");
    };
    set(&mut admin, "min-replicas-to-write", "1").await;
    f.time().await.expect("it reads");
    let error = f.probe_write(NOW).await.expect_err("too few replicas");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("NOREPLICAS"), "{error}");
    set(&mut admin, "min-replicas-to-write", "0").await;
    f.probe_write(NOW).await.expect("writes are accepted again");
}

#[tokio::test]
async fn every_call_reports_that_the_server_was_rolled_back() {
    let f = StoreFixture::redis().await;
    let store = RedisSessionStore::connect(&server_of(&f).url()).await.expect("a store");
    let ann = TestUser::new("ann");
    let advanced = store.advance_checkpoints(&KnownCheckpoints::new()).await;
    let now = advanced[0].outcome.as_ref().expect("a checkpoint").at;
    store.outbox_lengths(BucketSet::ALL).await.expect("a server that is in use");

    let later = KnownCheckpoints::from([(advanced[0].bucket, now.plus(Duration::from_hours(1)))]);
    store.advance_checkpoints(&later).await;
    let load = store.load(ann.session_id(1)).await.map(drop);
    let lengths = store.outbox_lengths(BucketSet::ALL).await.map(drop);
    let revocation = store.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await;
    for (call, outcome) in [("load", load), ("outbox_lengths", lengths), ("revoke_mass", revocation)] {
        let is_reported = matches!(outcome, Err(StoreError::Binding { fault: BindingFault::RolledBack { .. }, .. }));
        assert!(is_reported, "{call}: {outcome:?}");
    }
}
