//! The store's background operations under claims.

use std::time::Duration;

use session_authority::{
    domain::{Bucket, BucketSet},
    store::{
        AlertPosition, AlertStream, BackgroundStore, BucketClaim, BucketClaims, CreateOutcome, NodeId, NodeReport,
        Outbox, PendingEvent, SessionStore, StoreError, StoreNotification, redis::RedisSessionStore,
    },
};
use tokio_stream::StreamExt;

use crate::{
    alerts::fixture::{KEEP, redis_at},
    conformance::{
        findings::with_findings,
        users::{LIFETIME, NOW, TestUser, after},
    },
    service::fixture::eventually,
    support::{redis::RedisServer, redis_cluster::BorrowedCluster},
};

const OLD: NodeId = NodeId([1; 8]);
const NEW: NodeId = NodeId([2; 8]);

fn single_bucket(bucket: Bucket) -> BucketSet {
    [bucket].into_iter().collect()
}

async fn claim(store: &RedisSessionStore, node: NodeId, bucket: Bucket) -> BucketClaim {
    store.claim(node, single_bucket(bucket)).await.expect("a claim")[0]
}

/// Returns the claim of a node that was considered dead, and that of the node which has taken over its bucket.
async fn lost_and_current_claims(store: &RedisSessionStore, bucket: Bucket) -> (BucketClaim, BucketClaim) {
    (claim(store, OLD, bucket).await, claim(store, NEW, bucket).await)
}

async fn events(store: &RedisSessionStore) -> Vec<PendingEvent> {
    store.read_outbox(BucketSet::ALL, 100).await.expect("the outbox")
}

async fn sign_in(store: &RedisSessionStore, user: &TestUser, rules: &[&str]) {
    let outcome = store.create(with_findings(user.login(1, NOW), rules)).await.expect("a login");
    assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
}

#[tokio::test]
async fn each_change_of_the_owner_raises_the_epoch() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let mut epochs = Vec::new();
    for node in [OLD, OLD, NEW, NEW, OLD] {
        epochs.push(claim(&store, node, Bucket(9)).await.epoch);
    }
    assert_eq!(epochs, [1, 1, 2, 2, 3]);
    assert_eq!(store.claim(NEW, BucketSet::ALL).await.expect("claims").len(), 256);
}

#[tokio::test]
async fn a_node_that_lost_its_claim_deletes_no_event() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let ann = TestUser::new("ann");
    sign_in(&store, &ann, &[]).await;
    let bucket = ann.bucket();
    let (lost, standing) = lost_and_current_claims(&store, bucket).await;
    let positions: Vec<_> = events(&store).await.into_iter().map(|event| event.position).collect();

    for claims in [BucketClaims::from([(bucket, lost)]), BucketClaims::new()] {
        let deleted = store.delete_relayed(&positions, &claims).await.expect("a response");
        assert_eq!((deleted.lost, deleted.empty), (single_bucket(bucket), BucketSet::EMPTY));
        assert_eq!(events(&store).await.len(), 1);
    }
    let claims = BucketClaims::from([(bucket, standing)]);
    let deleted = store.delete_relayed(&positions, &claims).await.expect("a response");
    assert_eq!((deleted.lost, deleted.empty), (BucketSet::EMPTY, single_bucket(bucket)));
    assert!(events(&store).await.is_empty());
}

#[tokio::test]
async fn without_a_claim_the_same_deletion_is_carried_out() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let ann = TestUser::new("ann");
    sign_in(&store, &ann, &[]).await;
    lost_and_current_claims(&store, ann.bucket()).await;
    let positions: Vec<_> = events(&store).await.into_iter().map(|event| event.position).collect();
    store.delete_from_outbox(&positions).await.expect("deleted");
    assert!(events(&store).await.is_empty());
}

#[tokio::test]
async fn a_node_that_lost_its_claim_sweeps_nothing_and_without_a_claim_it_would() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    for (user, is_claimed) in [(TestUser::new("ann"), true), (TestUser::new("bob"), false)] {
        sign_in(&store, &user, &[]).await;
        let (lost, standing) = lost_and_current_claims(&store, user.bucket()).await;
        if is_claimed {
            let refused = store.sweep_claimed(lost, after(LIFETIME), 100).await;
            assert!(matches!(refused, Err(StoreError::ClaimLost { .. })), "{refused:?}");
            assert_eq!(store.sweep_claimed(standing, after(LIFETIME), 100).await.expect("a sweep").ended.len(), 1);
        } else {
            assert_eq!(store.sweep(user.bucket(), after(LIFETIME), 100).await.expect("a sweep").ended.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_node_that_lost_its_claim_removes_no_finding_and_without_a_claim_it_would() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    for (user, is_claimed) in [(TestUser::new("ann"), true), (TestUser::new("bob"), false)] {
        sign_in(&store, &user, &["NEW_DEVICE"]).await;
        let (lost, standing) = lost_and_current_claims(&store, user.bucket()).await;
        if is_claimed {
            let refused = store.forward_claimed(lost, 100, KEEP).await;
            assert!(matches!(refused, Err(StoreError::ClaimLost { .. })), "{refused:?}");
            let forwarded = store.forward_claimed(standing, 100, KEEP).await.expect("forwarded");
            assert_eq!(forwarded.alerts, 0, "earlier alerts are not appended again");
        } else {
            assert_eq!(store.forward(user.bucket(), 100, KEEP).await.expect("forwarded").alerts, 1);
        }
        assert_eq!(store.pending_findings().await.expect("the pending findings").findings, 0);
    }
    let page = store.read(AlertPosition::START, 10).await.expect("the stream");
    assert_eq!(page.alerts.len(), 2);
}

#[tokio::test]
async fn an_emptied_store_takes_neither_heartbeat_nor_claim() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let _: () = redis::cmd("FLUSHALL").query_async(&mut redis.admin().await).await.expect("FLUSHALL");
    let beat = store.heartbeat(OLD, &NodeReport::default()).await;
    assert!(matches!(beat, Err(StoreError::Binding { .. })), "{beat:?}");
    let claim = store.claim(OLD, single_bucket(Bucket(1))).await;
    assert!(matches!(claim, Err(StoreError::Binding { .. })), "{claim:?}");
}

#[tokio::test]
async fn nodes_learn_of_each_other_until_one_leaves_or_is_silent() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let report = NodeReport { buckets: single_bucket(Bucket(3)), ..NodeReport::default() };
    let first = store.heartbeat(OLD, &report).await.expect("a heartbeat");
    assert_eq!((first.was_alive, first.others.len()), (false, 0));
    let second = store.heartbeat(NEW, &NodeReport::default()).await.expect("a heartbeat");
    assert_eq!((second.others[0].id, second.others[0].report), (OLD, Some(report)));
    assert!(store.heartbeat(OLD, &report).await.expect("a heartbeat").was_alive);

    store.leave(NEW).await.expect("gone");
    assert!(store.heartbeat(OLD, &report).await.expect("a heartbeat").others.is_empty());
    eventually("a silent node is considered dead", async || {
        store.heartbeat(NEW, &NodeReport::default()).await.expect("a heartbeat").others.is_empty()
    })
    .await;
    assert!(
        !store.heartbeat(OLD, &report).await.expect("a heartbeat").was_alive,
        "it learns that other nodes took over"
    );
}

/// Asserts that the owner of a bucket is notified of entries that others append, on a single server and in every bucket
/// of a Cluster.
async fn assert_receives_news(store: RedisSessionStore, url: &str) {
    let other = redis_at(url).await;
    store.claim(OLD, BucketSet::ALL).await.expect("claims");
    let mut news = store.subscribe_notifications(OLD).await.expect("a subscription");
    for number in [0_u8, 100, 200, 255] {
        let user = TestUser::new("ann").in_bucket(number);
        sign_in(&other, &user, &["NEW_DEVICE"]).await;
        let mut heard = Vec::new();
        while heard.len() < 2 {
            let next = tokio::time::timeout(Duration::from_secs(20), news.next()).await.expect("in time");
            heard.push(next.expect("a message").expect("news"));
        }
        assert_eq!(heard, [StoreNotification::Events(Bucket(number)), StoreNotification::Findings(Bucket(number))]);
    }
    other.claim(OLD, single_bucket(Bucket(7))).await.expect("a repeated claim");
    other.claim(NEW, single_bucket(Bucket(200))).await.expect("a claim");
    other.heartbeat(NEW, &NodeReport::default()).await.expect("a heartbeat");
    for expected in [StoreNotification::Claimed(Bucket(200)), StoreNotification::NodesChanged] {
        let next = tokio::time::timeout(Duration::from_secs(20), news.next()).await.expect("in time");
        assert_eq!(next.expect("a message").expect("news"), expected);
    }
}

#[tokio::test]
async fn the_owner_of_a_bucket_hears_of_what_others_append() {
    let redis = RedisServer::start().await;
    assert_receives_news(redis_at(&redis.url()).await, &redis.url()).await;
}

#[tokio::test]
async fn the_owner_of_a_bucket_hears_of_what_others_append_on_a_cluster() {
    let cluster = BorrowedCluster::empty().await;
    assert_receives_news(redis_at(&cluster.url()).await, &cluster.url()).await;
}

#[tokio::test]
async fn a_user_of_redis_that_may_not_publish_signs_in_all_the_same() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    store.claim(OLD, BucketSet::ALL).await.expect("claims");
    let mut admin = redis.admin().await;
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("session-authority").arg("resetchannels").arg("&sa1:alerts");
    let _: () = acl.query_async(&mut admin).await.expect("ACL SETUSER");
    let store = {
        drop(store);
        redis_at(&redis.url()).await
    };
    let ann = TestUser::new("ann");
    sign_in(&store, &ann, &["NEW_DEVICE"]).await;
    assert_eq!(events(&store).await.len(), 1);
    let look = store.inspect(single_bucket(ann.bucket()), NOW).await.expect("an inspection")[0];
    assert!(look.has_events && look.has_findings && !look.is_sweep_due, "{look:?}");
    assert!(store.subscribe_notifications(OLD).await.is_err(), "the subscription fails");
}

#[tokio::test]
async fn a_look_finds_what_is_over_and_what_waits() {
    let redis = RedisServer::start().await;
    let store = redis_at(&redis.url()).await;
    let (ann, bob) = (TestUser::new("ann").in_bucket(1), TestUser::new("bob").in_bucket(2));
    sign_in(&store, &ann, &[]).await;
    let looked = async |now| {
        let looks = store.inspect(BucketSet::ALL, now).await.expect("an inspection");
        assert_eq!(looks.len(), 256);
        let found = |bucket: Bucket| looks.iter().find(|look| look.bucket == bucket).copied().expect("the bucket");
        (found(ann.bucket()), found(bob.bucket()))
    };
    let (of_ann, of_bob) = looked(NOW).await;
    assert_eq!((of_ann.has_events, of_ann.is_sweep_due), (true, false));
    assert!(!of_bob.has_events && !of_bob.has_findings && !of_bob.is_sweep_due, "{of_bob:?}");
    assert!(looked(after(LIFETIME)).await.0.is_sweep_due);
    let lengths = store.outbox_lengths(BucketSet::ALL).await.expect("lengths");
    assert_eq!(lengths.iter().map(|length| length.entries).sum::<u64>(), 1);
}
