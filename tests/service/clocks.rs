//! A node whose clock disagrees with the store's gives no verdicts, ends no session and refuses no login on other
//! nodes.

use std::{sync::Arc, time::Duration};

use session_authority::{
    api::{
        CreateRequest, ListRequest, RejectReason, RevokeAllRequest, RevokeRequest, UserScope, ValidateRequest,
        revoke_all_request::Scope as ApiScope, revoke_request::Target, session_service_client::SessionServiceClient,
        validate_response::Outcome,
    },
    app::Node,
    clock::{Clock, SystemClock},
    domain::{Bucket, UnixMillis, event::RevocationScope},
    store::{
        CreateOutcome, SessionStore, StoreError,
        redis::{RedisOptions, RedisSessionStore},
    },
};
use tempfile::{TempDir, tempdir};
use tonic::{Code, Status, transport::Channel};

use super::{
    fixture::{channel_to, error_parts, eventually, id_of, login_of, start_node},
    management::get,
};
use crate::{
    conformance::{
        operations::{revoke_all, revoke_mass},
        users::TestUser,
    },
    support::{clock::ShiftedClock, redis::RedisServer},
};

const DAY: Duration = Duration::from_hours(24);
const SKEW: Duration = Duration::from_secs(2);

/// A node on `redis` whose clock is shifted.
struct ShiftedNode {
    node: Node,
    clock: Arc<ShiftedClock>,
    sessions: SessionServiceClient<Channel>,
}

impl ShiftedNode {
    /// Starts a node with a clock `milliseconds` ahead, or behind if negative, with the keys in `directory`.
    async fn start(directory: &TempDir, redis: &RedisServer, milliseconds: i64) -> Self {
        let clock = Arc::new(ShiftedClock::new(milliseconds));
        let url = redis.url();
        let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none"), ("SESSIONS__SWEEP_INTERVAL", "1s")];
        let node = start_node(directory, &settings, Arc::clone(&clock) as _).await;
        let sessions = SessionServiceClient::new(channel_to(&node).await);
        Self { node, clock, sessions }
    }

    async fn login(&self, user: &str) -> Result<(String, String), Status> {
        let created = self.sessions.clone().create(login_of(user)).await?.into_inner();
        let id = id_of(&created);
        Ok((created.token, id))
    }

    async fn validate(&self, token: &str) -> Result<Outcome, Status> {
        let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
        Ok(self.sessions.clone().validate(request).await?.into_inner().outcome.expect("an outcome"))
    }

    async fn revoke_all(&self, user: &str) -> Result<u64, Status> {
        let scope = ApiScope::User(UserScope { user_id: user.to_owned(), ..UserScope::default() });
        let request = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
        Ok(self.sessions.clone().revoke_all(request).await?.into_inner().revoked_count)
    }
}

fn assert_skewed<T: std::fmt::Debug>(outcome: Result<T, Status>) {
    let status = outcome.expect_err("an error");
    let (code, reason, _) = error_parts(&status);
    assert_eq!((code, reason.as_str()), (Code::Unavailable, "CLOCK_SKEWED"), "{status:?}");
}

async fn wait_until_swept(node: &Node) {
    eventually("every bucket was swept", || async {
        let metrics = get(node.management, "/metrics").await.1;
        let swept = metrics.lines().find_map(|line| line.strip_prefix("session_authority_sweep_buckets_total "));
        swept.is_some_and(|count| count.parse().is_ok_and(|count: u64| count >= 512))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_a_day_off_gives_no_verdict_ends_nothing_and_keeps_nobody_out() {
    for shift in [1, -1].map(|sign| sign * i64::try_from(DAY.as_millis()).expect("a day")) {
        let redis = RedisServer::start().await;
        let directory = tempdir().expect("a directory");
        let right = ShiftedNode::start(&directory, &redis, 0).await;
        let (token, id) = right.login("ann").await.expect("a session");
        let off = ShiftedNode::start(&directory, &redis, shift).await;

        assert_skewed(off.validate(&token).await);
        assert_skewed(off.login("bob").await);
        assert_skewed(off.revoke_all("ann").await);
        let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
        assert_skewed(off.sessions.clone().list(list).await);
        let revoke = RevokeRequest { target: Some(Target::SessionId(id)), ..RevokeRequest::default() };
        assert_skewed(off.sessions.clone().revoke(revoke).await);

        eventually("the node reports that it is not ready", || async {
            let (status, body) = get(off.node.management, "/readyz").await;
            status == 503 && body.contains("clock: failed")
        })
        .await;
        wait_until_swept(&right.node).await;
        assert!(matches!(right.validate(&token).await, Ok(Outcome::Session(_))), "it is still active");
        right.login("ann").await.expect("no login is refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_is_noticed_before_the_next_verdict() {
    let redis = RedisServer::start().await;
    let directory = tempdir().expect("a directory");
    let node = ShiftedNode::start(&directory, &redis, 0).await;
    let (token, _) = node.login("ann").await.expect("a session");
    assert!(matches!(node.validate(&token).await, Ok(Outcome::Session(_))));
    for shift in [DAY, Duration::from_mins(1)].map(|span| i64::try_from(span.as_millis()).expect("a span")) {
        for shift in [shift, -shift] {
            node.clock.set(shift);
            assert_skewed(node.validate(&token).await);
            node.clock.set(0);
            eventually("the clock is right again", || async {
                matches!(node.validate(&token).await, Ok(Outcome::Session(_)))
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_sign_in_right_after_a_revocation_on_a_node_whose_clock_is_ahead() {
    let redis = RedisServer::start().await;
    let directory = tempdir().expect("a directory");
    let (ahead, behind) =
        (ShiftedNode::start(&directory, &redis, 900).await, ShiftedNode::start(&directory, &redis, -900).await);
    ahead.login("ann").await.expect("a session");
    assert_eq!(ahead.revoke_all("ann").await.expect("a response"), 1);
    let (token, _) = behind.login("ann").await.expect("a session at once");
    assert!(matches!(behind.validate(&token).await, Ok(Outcome::Session(_))));
    assert!(matches!(ahead.validate(&token).await, Ok(Outcome::Session(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_in_whole_seconds_stands_for_all_of_its_second() {
    let redis = RedisServer::start().await;
    let directory = tempdir().expect("a directory");
    let node = ShiftedNode::start(&directory, &redis, 0).await;
    node.revoke_all("ann").await.expect("a response");
    let now = SystemClock.now().get();
    let login = async |seconds: u64, nanos: i32| {
        let authenticated_at = prost_types::Timestamp { seconds: i64::try_from(seconds).expect("a time"), nanos };
        let request = CreateRequest { authenticated_at: Some(authenticated_at), ..login_of("ann") };
        node.sessions.clone().create(request).await
    };
    // A login in the same second or later, however short the time in between.
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert!(login(SystemClock.now().get() / 1000, 0).await.is_ok());
    let refused = login(now / 1000 - 10, 0).await.expect_err("authenticated before the revocation");
    assert_eq!(error_parts(&refused).1, "AUTHENTICATION_REVOKED");
    let refused = login(now / 1000 - 1, 1_000_000).await.expect_err("a precise time before the revocation");
    assert_eq!(error_parts(&refused).1, "AUTHENTICATION_REVOKED");
}

/// Connects a store whose operations are decided by the server's clock, or by the caller's.
async fn store(redis: &RedisServer, max_clock_skew: Option<Duration>) -> RedisSessionStore {
    let options = RedisOptions { max_clock_skew, ..RedisOptions::default() };
    RedisSessionStore::connect_with(&redis.url(), &options).await.expect("a store")
}

async fn sweep(store: &RedisSessionStore, now: UnixMillis) -> Result<usize, StoreError> {
    let mut ended = 0;
    for bucket in Bucket::all() {
        ended += store.sweep(bucket, now, 100).await?.ended.len();
    }
    Ok(ended)
}

#[tokio::test]
async fn the_store_refuses_every_step_of_a_caller_whose_clock_is_off() {
    let redis = RedisServer::start().await;
    let store = store(&redis, Some(SKEW)).await;
    let ann = TestUser::new("ann");
    let now = SystemClock.now();
    assert!(matches!(store.create(ann.login(1, now)).await, Ok(CreateOutcome::Created { .. })));
    for off in [now.plus(SKEW * 2), now.minus(SKEW + Duration::from_secs(20))] {
        let refusals = [
            store.create(ann.login(2, off)).await.map(drop),
            store.list(&ann.owner, ann.handle, &[], off).await.map(drop),
            store.revoke_all(revoke_all(&ann, off, 1)).await.map(drop),
            store.revoke_mass(revoke_mass(RevocationScope::Everyone, off, 2)).await,
            store.load_user_state(&ann.owner, ann.handle, off).await.map(drop),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Err(StoreError::ClockSkewed { node, .. }) if node == off), "{refusal:?}");
        }
    }
    // The sweep considers only sessions that are due by the caller's clock.
    let due = sweep(&store, now.plus(DAY)).await;
    assert!(matches!(due, Err(StoreError::ClockSkewed { .. })), "{due:?}");
    let live = store.list(&ann.owner, ann.handle, &[], SystemClock.now()).await.expect("a list");
    assert_eq!(live.len(), 1, "nothing was changed");
}

/// The purpose of the refusal.
#[tokio::test]
async fn without_the_fence_one_wrong_clock_ends_the_sessions_of_all_nodes() {
    let redis = RedisServer::start().await;
    let store = store(&redis, None).await;
    let ann = TestUser::new("ann");
    let now = SystemClock.now();
    assert!(matches!(store.create(ann.login(1, now)).await, Ok(CreateOutcome::Created { .. })));
    assert_eq!(sweep(&store, now.plus(DAY)).await.expect("a sweep"), 1);
}

#[tokio::test]
async fn the_rejection_of_an_expired_session_needs_a_clock_that_agrees() {
    let redis = RedisServer::start().await;
    let directory = tempdir().expect("a directory");
    let node = ShiftedNode::start(&directory, &redis, 0).await;
    let lifetime = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let request = CreateRequest { lifetime, ..login_of("ann") };
    let token = node.sessions.clone().create(request).await.expect("a session").into_inner().token;
    eventually("it has expired", || async {
        matches!(node.validate(&token).await, Ok(Outcome::Rejection(rejection)) if rejection.reason() == RejectReason::Expired)
    })
    .await;
    node.clock.set(-60_000);
    assert_skewed(node.validate(&token).await);
}
