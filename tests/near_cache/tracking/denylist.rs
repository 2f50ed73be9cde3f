//! Denials on one node as another node sees them, through invalidations from Redis.

use std::{sync::Arc, time::Duration};

use session_authority::{
    clock::{Clock, SystemClock},
    domain::{Bucket, DeniedJwt},
    near_cache::{
        CacheMemory, DenylistReader,
        source::{Invalidation, InvalidationListener, Lease},
    },
    store::{Denylist, redis::RedisSessionStore},
};

use super::node::CacheNode;
use crate::{
    conformance::{
        denylist::{deny, jwt},
        users::{NOW, after},
    },
    near_cache::MAX_STALENESS,
    support::{redis::RedisServer, redis_cluster::RedisCluster},
};

const HOUR: Duration = Duration::from_hours(1);

/// Reads the denylist until its verdict is as of a time after this moment, and returns whether the JWT is denied.
async fn is_denied_now(reader: &DenylistReader, jwt: &DeniedJwt) -> bool {
    let now = SystemClock.now();
    loop {
        let read = reader.read_bounded(&[jwt.digest]).await.expect("a read");
        if read.as_of > now {
            return read.denial_ends[0].is_some();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Reads the denylist until it is served from memory.
async fn warm_up(reader: &DenylistReader, jwt: &DeniedJwt) {
    loop {
        let read = reader.read_bounded(&[jwt.digest]).await.expect("a read");
        assert_eq!(read.denial_ends, [None]);
        if read.from_cache {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The first denial of a bucket creates its key, and later ones change it: both are announced.
async fn denials_elsewhere_are_seen(url: &str) {
    let (node, other) = (CacheNode::connect(url).await, RedisSessionStore::connect(url).await.expect("a store"));
    node.wait_until_all_tracked().await;
    let reader = Arc::clone(&node.denylist);
    let jwts: Vec<_> = (0..40).map(|number| jwt(&format!("jwt {number}"), after(HOUR))).collect();
    for jwt in &jwts {
        warm_up(&reader, jwt).await;
        other.deny(deny(vec![jwt.clone()], NOW, 1)).await.expect("a denial");
        assert!(is_denied_now(&reader, jwt).await);
    }
    let digests: Vec<_> = jwts.iter().map(|jwt| jwt.digest).collect();
    let all = reader.read_bounded(&digests).await.expect("a read");
    assert!(all.denial_ends.iter().all(Option::is_some));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_on_another_node_is_seen_within_the_bound() {
    denials_elsewhere_are_seen(&RedisServer::start().await.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_the_denials_of_every_master_are_seen() {
    denials_elsewhere_are_seen(&RedisCluster::start().await.url()).await;
}

/// A listener that forgets the invalidations of denylists.
struct DeafListener(Arc<CacheMemory>);

impl InvalidationListener for DeafListener {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.0.attach(bucket, lease);
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.0.detach(bucket, lease);
    }

    fn invalidate(&self, change: Invalidation) {
        if !matches!(change, Invalidation::Denylist(_)) {
            self.0.invalidate(change);
        }
    }
}

/// The mutant: without invalidations, denied JWTs are accepted for longer than the bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_invalidations_a_denial_on_another_node_is_not_seen() {
    let server = RedisServer::start().await;
    let node = CacheNode::with_listener(&server.url(), |memory| Arc::new(DeafListener(memory))).await;
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    node.wait_until_all_tracked().await;
    let (reader, a) = (Arc::clone(&node.denylist), jwt("a", after(HOUR)));
    warm_up(&reader, &a).await;
    other.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    tokio::time::sleep(MAX_STALENESS * 2).await;
    assert!(!is_denied_now(&reader, &a).await);
}

/// Waits until there is no verdict on a denied JWT. Until the invalidation arrives, the answer comes from memory.
async fn wait_until_no_verdict(reader: &DenylistReader, jwt: &DeniedJwt) {
    let no_verdict = async {
        while let Ok(read) = reader.read_bounded(&[jwt.digest]).await {
            assert!(read.from_cache && read.denial_ends[0].is_some(), "{read:?}");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), no_verdict).await.expect("no verdict");
}

/// A denylist that was lost is no empty denylist.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_denials_are_not_taken_for_an_empty_denylist() {
    let server = RedisServer::start().await;
    let node = CacheNode::connect(&server.url()).await;
    node.wait_until_all_tracked().await;
    let now = SystemClock.now();
    let (reader, a) = (Arc::clone(&node.denylist), jwt("a", now.plus(HOUR)));
    node.store.deny(deny(vec![a.clone()], now, 1)).await.expect("a denial");
    assert!(is_denied_now(&reader, &a).await);
    let key = format!("sa1:{{{}}}:d", a.digest.bucket());
    redis::cmd("DEL").arg(&key).query_async::<()>(&mut server.admin().await).await.expect("lost denials");
    wait_until_no_verdict(&reader, &a).await;
}

/// A bucket that was emptied is no empty denylist.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_server_is_not_taken_for_an_empty_denylist() {
    let server = RedisServer::start().await;
    let node = CacheNode::connect(&server.url()).await;
    node.wait_until_all_tracked().await;
    let (reader, a) = (Arc::clone(&node.denylist), jwt("a", after(HOUR)));
    node.store.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    assert!(is_denied_now(&reader, &a).await);
    redis::cmd("FLUSHALL").query_async::<()>(&mut server.admin().await).await.expect("an empty server");
    wait_until_no_verdict(&reader, &a).await;
}
