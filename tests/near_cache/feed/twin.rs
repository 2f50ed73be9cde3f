//! That changes are applied where they arrive is what a lease rests on: with a channel in between it proves nothing.

use std::sync::Arc;

use session_authority::store::{SessionStore, redis::RedisSessionStore};

use super::{
    later::Later,
    node::{Node, is_live},
};
use crate::{
    conformance::{
        acts::revoke,
        people::{NOW, User},
    },
    support::redis::RedisServer,
};

/// Whether a session that was revoked is live under a lease that was renewed after that.
async fn accepts_what_was_revoked(puts_off: bool) -> bool {
    let server = RedisServer::start().await;
    let mut later = None;
    let node = Node::telling(&server.url(), |near| {
        let told = Later::new(near);
        later = Some(Arc::clone(&told));
        told
    })
    .await;
    let later = later.expect("a listener");
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let ann = User::new("ann");
    other.create(ann.login(1, NOW)).await.expect("a session");
    let id = ann.session_id(1);
    node.keeps(id).await;
    later.put_off(puts_off);
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    let accepted = is_live(&node.read_from_now_on(id).await);
    later.put_off(false);
    later.catch_up();
    assert!(!is_live(&node.read_from_now_on(id).await), "in the end it is told");
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_lease_proves_that_all_before_it_is_applied() {
    assert!(!accepts_what_was_revoked(false).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twin_applied_later_a_renewed_lease_proves_nothing() {
    assert!(accepts_what_was_revoked(true).await);
}
