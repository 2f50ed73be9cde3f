//! That changes are applied where they arrive is what a lease rests on: with a channel in between it proves nothing.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use session_authority::{
    cache::NearCache,
    domain::Bucket,
    store::{Change, ChangeListener, Lease, SessionStore, redis::RedisSessionStore},
};

use super::node::{Node, is_live};
use crate::{
    conformance::{
        acts::revoke,
        people::{NOW, User},
    },
    support::redis::RedisServer,
};

/// Puts off what it is told, as a channel does whose reader has something else to do.
struct Later {
    near: Arc<NearCache>,
    puts_off: AtomicBool,
    waiting: Mutex<Vec<Change>>,
}

impl Later {
    fn catch_up(&self) {
        self.puts_off.store(false, Ordering::SeqCst);
        for change in self.waiting.lock().expect("changes").drain(..) {
            self.near.changed(change);
        }
    }
}

impl ChangeListener for Later {
    fn attached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.attached(bucket, lease);
    }

    fn detached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.detached(bucket, lease);
    }

    fn changed(&self, change: Change) {
        if self.puts_off.load(Ordering::SeqCst) {
            self.waiting.lock().expect("changes").push(change);
        } else {
            self.near.changed(change);
        }
    }
}

/// Whether a session that was revoked is live under a lease that was renewed after that.
async fn accepts_what_was_revoked(puts_off: bool) -> bool {
    let server = RedisServer::start().await;
    let mut later = None;
    let node = Node::telling(&server.url(), |near| {
        let told = Arc::new(Later { near, puts_off: AtomicBool::new(false), waiting: Mutex::default() });
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
    later.puts_off.store(puts_off, Ordering::SeqCst);
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    let accepted = is_live(&node.read_from_now_on(id).await);
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
