//! A lease requires that invalidations are applied on arrival: with a channel in between it proves nothing.

use std::sync::Arc;

use session_authority::store::{SessionStore, redis::RedisSessionStore};

use super::{
    delayed_listener::DelayedListener,
    node::{CacheNode, is_live},
};
use crate::{
    conformance::{
        operations::revoke,
        users::{NOW, TestUser},
    },
    support::redis::RedisServer,
};

/// Returns true if a revoked session is accepted under a lease that was renewed after the revocation.
async fn accepts_what_was_revoked(puts_off: bool) -> bool {
    let server = RedisServer::start().await;
    let mut later = None;
    let node = CacheNode::with_listener(&server.url(), |memory| {
        let listener = DelayedListener::new(memory);
        later = Some(Arc::clone(&listener));
        listener
    })
    .await;
    let later = later.expect("a listener");
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let ann = TestUser::new("ann");
    other.create(ann.login(1, NOW)).await.expect("a session");
    let id = ann.session_id(1);
    node.wait_until_cached(id).await;
    later.set_delayed(puts_off);
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    let accepted = is_live(&node.read_fresh(id).await);
    later.set_delayed(false);
    later.deliver_pending();
    assert!(!is_live(&node.read_fresh(id).await), "the invalidation arrives eventually");
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_lease_proves_that_all_before_it_is_applied() {
    assert!(!accepts_what_was_revoked(false).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_applied_later_a_renewed_lease_proves_nothing() {
    assert!(accepts_what_was_revoked(true).await);
}
