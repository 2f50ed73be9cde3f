//! Revoking many sessions, or ending many at once, takes no capacity that others need.

use std::{net::TcpListener, time::Duration};

use futures_util::{StreamExt, stream};
use session_authority::{
    api::{AuditEventKind, CreateRequest, ListEventsRequest, RevokeAllRequest, TenantScope, revoke_all_request::Scope},
    domain::{Bucket, Owner, SessionId, UnixMillis, UserHandle},
    store::{Outbox, SessionCreation, SessionStore, redis::RedisSessionStore},
};
use sha2::{Digest, Sha256};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{
    fixture::{START, TestService, error_parts, eventually, id_of, login_of},
    management::get,
};
use crate::{conformance::users, support::redis::RedisServer};

const MAX_BACKLOG: u64 = 2_000;

/// A node whose audit database does not respond, on a store with sessions of one tenant and an empty outbox.
struct CrowdedNode {
    service: TestService,
    store: RedisSessionStore,
    /// An address without a server. While it is held no other server can use it.
    _silent: TcpListener,
}

async fn start_crowded_node(sessions: u64, expires_at: UnixMillis) -> CrowdedNode {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let store = RedisSessionStore::connect(&url).await.expect("a store");
    let made = stream::iter(0..sessions).map(|number| store.create(creation(number, expires_at))).buffer_unordered(64);
    made.for_each(async |outcome| drop(outcome.expect("a session"))).await;
    loop {
        let pending = store.read_outbox(Bucket::ALL, 1_000).await.expect("events");
        if pending.is_empty() {
            break;
        }
        let positions: Vec<_> = pending.into_iter().map(|pending| pending.position).collect();
        store.delete_from_outbox(&positions).await.expect("taken");
    }
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("postgres://audit@{}/audit", silent.local_addr().expect("its address"));
    let limit = MAX_BACKLOG.to_string();
    let settings = [
        ("AUDIT__URL", nobody.as_str()),
        ("AUDIT__MAX_BACKLOG", &limit),
        ("STORE__URL", &url),
        ("SESSIONS__SWEEP_INTERVAL", "1s"),
    ];
    let service = TestService::start(Some(redis), &settings).await;
    CrowdedNode { service, store, _silent: silent }
}

fn creation(number: u64, expires_at: UnixMillis) -> SessionCreation {
    let owner = Owner::new("crowd", &format!("user {number}")).expect("an owner");
    let mut handle = [0; UserHandle::BYTES];
    handle.copy_from_slice(&Sha256::digest(owner.to_bytes())[..UserHandle::BYTES]);
    let now = START.minus(Duration::from_hours(48));
    let mut creation = users::TestUser::with_tenant("crowd", "somebody").login(1, now);
    creation.session.id = SessionId { handle: UserHandle(handle), unique: number.to_be_bytes() };
    creation.session.owner = owner;
    creation.session.clock.expires_at = expires_at;
    creation.session.clock.idle_timeout = Duration::ZERO;
    creation
}

impl CrowdedNode {
    async fn waiting(&self) -> u64 {
        self.store.backlog().await.expect("a backlog").events
    }

    async fn swept_buckets(&self) -> u64 {
        let metrics = get(self.service.node.management, "/metrics").await.1;
        let swept = metrics.lines().find_map(|line| line.strip_prefix("session_authority_sweep_buckets_total "));
        swept.and_then(|swept| swept.parse().ok()).unwrap_or_default()
    }

    /// Waits until every bucket has been swept from beginning to end.
    async fn wait_until_swept_again(&self) {
        let since = self.swept_buckets().await;
        eventually("every bucket is swept again", || async { self.swept_buckets().await > since + 2 * 256 }).await;
    }

    async fn sign_in(&self, user: &str) -> Result<(), Status> {
        let login = CreateRequest { tenant_id: "other".to_owned(), ..login_of(user) };
        self.service.create(login).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_time_out_leave_room_for_sign_ins() {
    const SESSIONS: u64 = 3_000;
    let crowded = start_crowded_node(SESSIONS, START.minus(Duration::from_hours(1))).await;
    // At most a quarter, and the events of one step of the sweep.
    let most = MAX_BACKLOG / 4 + 256;
    eventually("the sweep adds events", || async { crowded.waiting().await >= MAX_BACKLOG / 4 - 256 }).await;
    for round in 0..3 {
        crowded.wait_until_swept_again().await;
        let waiting = crowded.waiting().await;
        assert!(waiting <= most + round, "{waiting} events wait");
        crowded.sign_in(&format!("user-{round}")).await.expect("another tenant signs in");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_a_large_tenant_is_one_event() {
    const SESSIONS: u64 = 3_000;
    let crowded = start_crowded_node(SESSIONS, START.plus(Duration::from_hours(48))).await;
    assert_eq!(crowded.waiting().await, 0);
    crowded.service.sessions().revoke_all(tenant_request("crowd", "")).await.expect("signed out");
    let signing_in = async {
        for number in 0..50 {
            crowded.sign_in(&format!("user-{number}")).await.expect("another tenant signs in");
        }
    };
    tokio::join!(signing_in, crowded.wait_until_swept_again());
    // The event of the revocation, and those of the logins.
    assert_eq!(crowded.waiting().await, 51);
    let mut admin = crowded.service.redis.as_ref().expect("a server").admin().await;
    let mut pipe = redis::pipe();
    for bucket in Bucket::all() {
        pipe.cmd("ZCARD").arg(format!("sa1:{{{bucket}}}:due"));
    }
    let users: Vec<u64> = pipe.query_async(&mut admin).await.expect("ZCARD");
    assert_eq!(users.iter().sum::<u64>(), 50, "the sessions are removed from the store");
}

fn tenant_request(tenant: &str, operation: &str) -> RevokeAllRequest {
    RevokeAllRequest {
        scope: Some(Scope::Tenant(TenantScope { tenant_id: tenant.to_owned() })),
        operation_id: operation.to_owned(),
        ..RevokeAllRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_signed_out_ten_times_at_once_and_then_once_a_second() {
    let service = TestService::on_sqlite().await;
    for _ in 0..10 {
        service.sessions().revoke_all(tenant_request("acme", "")).await.expect("signed out");
    }
    let refused = service.sessions().revoke_all(tenant_request("acme", "")).await.expect_err("too often");
    assert_eq!(error_parts(&refused), (Code::ResourceExhausted, "OVERLOADED".into(), vec![]));
    let retry = refused.get_details_retry_info().and_then(|info| info.retry_delay);
    assert_eq!(retry, Some(Duration::from_secs(1)));
    service.sessions().revoke_all(tenant_request("globex", "")).await.expect("another tenant");

    let login = CreateRequest { tenant_id: "acme".to_owned(), ..login_of("ann") };
    let token = service.create(login).await.expect("a session").token;
    service.sessions().revoke_all(tenant_request("acme", "")).await.expect_err("too often");
    service.validate(&token).await.expect("a refused revocation has no effect");
    service.clock.advance(Duration::from_secs(1));
    service.sessions().revoke_all(tenant_request("acme", "")).await.expect("signed out");
    service.validate(&token).await.expect_err("signed out");
}

/// After a day, an operation ID stands for a new operation, which the audit must record, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_id_that_comes_again_after_a_day_is_recorded_again() {
    let service = TestService::on_redis().await;
    for times in 1..=2 {
        service.sessions().revoke_all(tenant_request("acme", "incident")).await.expect("signed out");
        eventually("it is in the audit", || async { recorded_revocations(&service).await >= times }).await;
        // A repeat within the day is the same operation.
        service.sessions().revoke_all(tenant_request("acme", "incident")).await.expect("signed out");
        service.clock.advance(Duration::from_hours(25));
    }
    let login = CreateRequest { tenant_id: "acme".to_owned(), ..login_of("ann") };
    let id = id_of(&service.create(login).await.expect("a session"));
    let arrived = || async {
        let request = ListEventsRequest { session_id: id.clone(), ..ListEventsRequest::default() };
        !service.admin().list_events(request).await.expect("events").into_inner().events.is_empty()
    };
    eventually("later events are in the audit", arrived).await;
    assert_eq!(recorded_revocations(&service).await, 2);
}

/// Returns the number of mass revocations in the audit.
async fn recorded_revocations(service: &TestService) -> usize {
    let request = ListEventsRequest { kinds: vec![AuditEventKind::RevokedAll.into()], ..ListEventsRequest::default() };
    service.admin().list_events(request).await.expect("events").into_inner().events.len()
}
