//! Retries after a lost response are not executed twice. A proxy between this process and Redis loses responses; with
//! an embedded engine none can be lost.

use std::time::Duration;

use session_authority::store::redis::RedisSessionStore;
use session_authority::store::{CreateOutcome, SessionStore};

use super::fixture::{StoreEngine, StoreFixture, event_kinds};
use super::operations::revoke_all;
use super::users::{CreationExt, NOW, TestUser, after};
use crate::support::proxy::TcpProxy;

/// Connects a second store to the fixture's Redis through a proxy that can break. The server has the scripts already,
/// so a call takes one request.
async fn connect_behind_proxy(f: &StoreFixture) -> (TcpProxy, RedisSessionStore) {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    let proxy = TcpProxy::start(server.address()).await;
    let url = server.url_through(proxy.address());
    let store = RedisSessionStore::connect(&url).await.expect("a store behind a proxy");
    let someone = TestUser::new("someone else");
    store.create(someone.login(1, NOW)).await.expect("create");
    store.revoke_all(revoke_all(&someone, NOW, 1)).await.expect("revoke all");
    f.drain().await;
    (proxy, store)
}

#[tokio::test]
async fn a_repeated_create_finds_the_session_whose_answer_was_lost() {
    let f = StoreFixture::redis().await;
    let (proxy, store) = connect_behind_proxy(&f).await;
    let ann = TestUser::new("ann");

    proxy.lose_reply_to("signed in");
    let error = store.create(ann.login(1, NOW).requested_as(1)).await.expect_err("no response");
    assert_eq!(proxy.lost_replies(), 1);
    assert!(error.is_ambiguous(), "{error}");

    let repeat = store.create(ann.login(2, NOW).requested_as(1)).await.expect("create");
    let CreateOutcome::Repeated { session, .. } = repeat else { panic!("{repeat:?}") };
    assert_eq!(session.id, ann.session_id(1));
    assert_eq!(f.live_sessions(&ann, NOW).await, [ann.session_id(1)]);
    assert_eq!(f.drain().await.len(), 1);
}

/// The mutant: without a request ID, the retry creates a second session.
#[tokio::test]
async fn without_a_request_id_the_retry_is_a_second_session() {
    let f = StoreFixture::redis().await;
    let (proxy, store) = connect_behind_proxy(&f).await;
    let ann = TestUser::new("ann");

    proxy.lose_reply_to("signed in");
    store.create(ann.login(1, NOW)).await.expect_err("no response");
    store.create(ann.login(2, NOW)).await.expect("create");
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 2);
}

#[tokio::test]
async fn a_repeated_operation_spares_who_signed_in_after_the_lost_answer() {
    let f = StoreFixture::redis().await;
    let (proxy, store) = connect_behind_proxy(&f).await;
    let ann = TestUser::new("ann");
    store.create(ann.login(1, NOW)).await.expect("create");
    proxy.lose_reply_to("all out");
    let error = store.revoke_all(revoke_all(&ann, NOW, 1)).await.expect_err("no response");
    assert_eq!(proxy.lost_replies(), 1);
    assert!(error.is_ambiguous(), "{error}");

    let later = after(Duration::from_secs(1));
    f.sign_in(ann.login(2, later)).await;
    let revoked = store.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    assert_eq!(revoked.session_ids, [ann.session_id(1)]);
    assert_eq!(f.live_sessions(&ann, later).await, [ann.session_id(2)]);
    let events = f.drain().await;
    assert_eq!(events.len(), 4);
    assert_eq!(event_kinds(&events, ann.session_id(1)).len(), 2);
}

#[tokio::test]
async fn what_was_never_sent_is_not_ambiguous() {
    let f = StoreFixture::redis().await;
    let (proxy, store) = connect_behind_proxy(&f).await;
    let ann = TestUser::new("ann");
    proxy.cut().await;
    // The pooled connections fail once each.
    for _ in 0..10 {
        store.create(ann.login(1, NOW)).await.expect_err("no connection");
    }
    let error = store.create(ann.login(1, NOW)).await.expect_err("no connection");
    assert!(!error.is_ambiguous(), "{error}");
    assert!(f.drain().await.is_empty());

    proxy.restore().await;
    store.create(ann.login(1, NOW)).await.expect("create");
}
