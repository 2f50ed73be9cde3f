//! Failures of a store with denied JWTs. No failure is taken for "not denied".

use std::time::Duration;

use session_authority::{
    clock::{Clock, SystemClock},
    domain::{InstallationSecret, limits::MAX_DENIALS_PER_BUCKET},
    store::{
        BindingFault, BindingId, Denylist, StoreError, StoreHealth,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::SqliteSessionStore,
    },
};

use super::denylist::{deny, jwt};
use super::fixture::{StoreEngine, StoreFixture};
use super::users::{NOW, after};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

const MINUTE: Duration = Duration::from_mins(1);

fn server_of(f: &StoreFixture) -> &RedisServer {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_respond_has_no_verdict() {
    let f = StoreFixture::redis().await;
    server_of(&f).pause();
    let error = f.find_denials(&[jwt("a", NOW).digest]).await.expect_err("no response");
    assert!(matches!(error, StoreError::Unreachable { .. } | StoreError::NoResponse { .. }), "{error}");
}

#[tokio::test]
async fn a_closed_embedded_store_has_no_verdict() {
    let store = SqliteSessionStore::open("sqlite::memory:").await.expect("a store");
    store.close().await;
    assert!(store.find_denials(&[jwt("a", NOW).digest]).await.is_err());
    assert!(store.deny(deny(vec![jwt("a", after(MINUTE))], NOW, 1)).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_installation_or_an_emptied_one_has_no_verdict() {
    let f = StoreFixture::redis().await;
    let denied = jwt("a", after(MINUTE));
    f.deny(deny(vec![denied.clone()], NOW, 1)).await.expect("a denial");
    let mut admin = server_of(&f).admin().await;
    let foreign = BindingId::from_installation_secret(&InstallationSecret::new(&[9; 32])).to_string();
    let key = format!("sa1:{{{}}}:meta", denied.digest.bucket());
    let mut write = redis::cmd("HSET");
    write.arg(&key).arg("installation").arg(foreign);
    write.query_async::<()>(&mut admin).await.expect("another installation");
    let refused = async |expected: BindingFault| {
        let found = f.find_denials(&[denied.digest]).await.expect_err("not bound");
        let denied = f.deny(deny(vec![jwt("a", after(MINUTE * 2))], NOW, 2)).await.expect_err("not bound");
        for error in [found, denied] {
            assert!(matches!(error, StoreError::Binding { fault, .. } if fault == expected), "{error}");
        }
    };
    refused(BindingFault::WrongInstallation).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut admin).await.expect("an empty store");
    refused(BindingFault::Unbound).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_clock_is_off_denies_nothing() {
    let f = StoreFixture::redis().await;
    let options = RedisOptions { max_clock_skew: Some(Duration::from_secs(2)), ..RedisOptions::default() };
    let store = RedisSessionStore::connect_with(&server_of(&f).url(), &options).await.expect("a store");
    // The time of the tests is years in the past.
    let error = store.deny(deny(vec![jwt("a", after(MINUTE))], NOW, 1)).await.expect_err("a wrong clock");
    assert!(matches!(error, StoreError::ClockSkewed { .. }), "{error}");
    assert_eq!(f.find_denials(&[jwt("a", NOW).digest]).await.expect("a look-up"), [None]);
}

/// A denial that reached some buckets says so, has its event, and is completed by a repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_whose_last_responses_are_lost_is_partly_applied_and_can_be_repeated() {
    let f = StoreFixture::redis().await;
    let proxy = TcpProxy::start(server_of(&f).address()).await;
    let store = RedisSessionStore::connect(&server_of(&f).url_through(proxy.address())).await.expect("a store");
    store.deny(deny(vec![jwt("warm-up", after(MINUTE))], NOW, 1)).await.expect("the server has the scripts");
    f.drain().await;
    let mut jwts: Vec<_> = ["a", "b", "c"].map(|id| jwt(id, after(MINUTE))).to_vec();
    jwts.sort_by_key(|jwt| jwt.digest);
    // Only the call that denies this one states its time.
    jwts[2].expires_at = after(MINUTE * 2);
    assert!(jwts[0].digest.bucket() != jwts[2].digest.bucket());

    proxy.lose_reply_to(&after(MINUTE * 2).get().to_string());
    let error = store.deny(deny(jwts.clone(), NOW, 2)).await.expect_err("a lost response");
    assert!(matches!(error, StoreError::PartiallyDenied { .. }) && error.is_ambiguous(), "{error}");
    assert_eq!(f.find_denials(&[jwts[0].digest]).await.expect("a look-up"), [Some(after(MINUTE))]);
    assert_eq!(f.drain().await.len(), 1, "the event precedes the first denial");

    store.deny(deny(jwts.clone(), NOW, 3)).await.expect("a repeat");
    let digests: Vec<_> = jwts.iter().map(|jwt| jwt.digest).collect();
    let expected: Vec<_> = jwts.iter().map(|jwt| Some(jwt.expires_at)).collect();
    assert_eq!(f.find_denials(&digests).await.expect("a look-up"), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_denials_are_noticed_until_they_would_have_ended() {
    let f = StoreFixture::redis().await;
    let now = SystemClock.now();
    let denied = jwt("a", now.plus(MINUTE));
    f.deny(deny(vec![denied.clone()], now, 1)).await.expect("a denial");
    let mut admin = server_of(&f).admin().await;
    let [list, meta] = ["d", "meta"].map(|name| format!("sa1:{{{}}}:{name}", denied.digest.bucket()));
    redis::cmd("DEL").arg(&list).query_async::<()>(&mut admin).await.expect("lost denials");
    let found = f.find_denials(&[denied.digest]).await.expect_err("lost denials");
    let again = f.deny(deny(vec![denied.clone()], now, 2)).await.expect_err("lost denials");
    for error in [found, again] {
        assert!(matches!(&error, StoreError::Corrupt { what, .. } if what.contains("HDEL")), "{error}");
    }
    redis::cmd("HDEL").arg(&meta).arg("denied_until").query_async::<()>(&mut admin).await.expect("accepted");
    assert_eq!(f.find_denials(&[denied.digest]).await.expect("a look-up"), [None]);
}

/// The bound counts denials, not entries: what has ended and was not removed yet takes no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_have_ended_and_were_not_removed_take_no_room() {
    let f = StoreFixture::redis().await;
    let one = jwt("a", after(MINUTE));
    let key = format!("sa1:{{{}}}:d", one.digest.bucket());
    let mut write = redis::cmd("ZADD");
    write.arg(&key);
    for number in 0..MAX_DENIALS_PER_BUCKET {
        write.arg(NOW.get()).arg(format!("{number:016}"));
    }
    let mut admin = server_of(&f).admin().await;
    write.query_async::<()>(&mut admin).await.expect("ended denials");
    f.deny(deny(vec![one.clone()], NOW, 1)).await.expect("room");
    let left: usize = redis::cmd("ZCARD").arg(&key).query_async(&mut admin).await.expect("a number");
    assert_eq!(left, 1, "the write has removed the others");
}
