//! Callers that try to take the capacity of others.

use std::{net::SocketAddr, time::Duration};

use futures_util::future::join_all;
use h2::client::ResponseFuture;
use http::Request;
use prost::bytes::Bytes;
use session_authority::{
    api::{
        RevokeAllRequest, RevokeWhereRequest, SessionFilter, StreamAlertsRequest, TenantScope, UserScope,
        ValidateRequest, admin_service_client::AdminServiceClient, revoke_all_request::Scope,
        session_service_client::SessionServiceClient,
    },
    app::Node,
    domain::CallerRole,
};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};

use super::scenario::{CacheScenario, WitnessSession, wait_a_while};
use crate::{
    service::{
        callers::KeyRing,
        fixture::{channel_to, login_of, signed},
    },
    support::{redis::RedisServer, redis_cluster::until},
};

/// Connections of one caller, and calls on each of them.
const CONNECTIONS: usize = 8;
const CALLS: usize = 90;

/// Pause between two rounds of an attack, because the test machine must also serve the others.
const PAUSE: Duration = Duration::from_millis(20);

/// A caller with a key of some role, or without a key.
#[derive(Clone)]
struct HostileCaller {
    node: SocketAddr,
    key: Option<String>,
}

/// An attack, which is repeated until it is stopped.
#[derive(Clone, Copy, Debug)]
enum CallerAttack {
    /// Calls of this method whose message never comes.
    MissingMessages(&'static str),
    /// Subscriptions and revocations by filter whose responses are never read.
    UnreadStreams,
    /// Logins of one user.
    Logins,
    /// Revocations of a separate tenant.
    TenantRevocations,
    /// Calls that are cancelled right after they were sent.
    CancelledCalls,
    /// Connections without any data.
    IdleConnections,
}

impl HostileCaller {
    async fn attack(self, attack: CallerAttack) {
        loop {
            match attack {
                CallerAttack::MissingMessages(method) => self.call_without_message(method).await,
                CallerAttack::UnreadStreams => self.open_unread_streams().await,
                CallerAttack::Logins => self.sign_one_user_in().await,
                CallerAttack::TenantRevocations => self.revoke_own_tenant().await,
                CallerAttack::CancelledCalls => self.cancel_calls().await,
                CallerAttack::IdleConnections => self.open_idle_connections().await,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Holds as many calls open as the node permits, for a while.
    async fn call_without_message(&self, method: &str) {
        let mut connections = JoinSet::new();
        let mut calls: Vec<(ResponseFuture, h2::SendStream<Bytes>)> = Vec::new();
        for _ in 0..CONNECTIONS {
            let Ok(stream) = TcpStream::connect(self.node).await else { continue };
            let Ok((sending, connection)) = h2::client::handshake(stream).await else { continue };
            connections.spawn(async move { drop(connection.await) });
            for _ in 0..CALLS {
                let Ok(Ok(mut ready)) = timeout(PAUSE, sending.clone().ready()).await else { break };
                let mut request = Request::post(format!("http://localhost/{method}"));
                request = request.header("content-type", "application/grpc").header("te", "trailers");
                if let Some(key) = &self.key {
                    request = request.header("authorization", format!("Bearer {key}"));
                }
                calls.extend(ready.send_request(request.body(()).expect("a request"), false).ok());
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    async fn open_unread_streams(&self) {
        let channel = self.channel();
        let subscriptions = (0..CALLS).map(|_| {
            let mut sessions = SessionServiceClient::new(channel.clone());
            let request = self.with_key(StreamAlertsRequest::default());
            async move { sessions.stream_alerts(request).await }
        });
        let revocations = (0..4).map(|_| {
            let filter = SessionFilter { user_id: "nobody".to_owned(), ..SessionFilter::default() };
            let request = RevokeWhereRequest { filter: Some(filter), dry_run: true, ..RevokeWhereRequest::default() };
            let (mut admin, request) = (AdminServiceClient::new(channel.clone()), self.with_key(request));
            async move { admin.revoke_where(request).await }
        });
        let (_subscriptions, _revocations) = tokio::join!(join_all(subscriptions), join_all(revocations));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    async fn sign_one_user_in(&self) {
        let channel = self.channel();
        join_all((0..CALLS).map(|_| {
            let (mut sessions, request) =
                (SessionServiceClient::new(channel.clone()), self.with_key(login_of("victim")));
            async move { drop(sessions.create(request).await) }
        }))
        .await;
    }

    async fn revoke_own_tenant(&self) {
        let channel = self.channel();
        join_all((0..8).map(|_| {
            let scope = Some(Scope::Tenant(TenantScope { tenant_id: "hostile".to_owned() }));
            let request = self.with_key(RevokeAllRequest { scope, ..RevokeAllRequest::default() });
            let mut sessions = SessionServiceClient::new(channel.clone());
            async move { drop(sessions.revoke_all(request).await) }
        }))
        .await;
    }

    async fn cancel_calls(&self) {
        let channel = self.channel();
        join_all((0..CALLS).map(|_| {
            let mut sessions = SessionServiceClient::new(channel.clone());
            let request = self.with_key(ValidateRequest { token: "sa_nonsense".to_owned(), ..Default::default() });
            async move {
                let call = std::pin::pin!(sessions.validate(request));
                // The call is cancelled as soon as it was sent.
                let _ = futures_util::future::select(call, Box::pin(tokio::task::yield_now())).await;
            }
        }))
        .await;
    }

    async fn open_idle_connections(&self) {
        let connections = join_all((0..CALLS).map(|_| TcpStream::connect(self.node))).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(connections);
    }

    fn with_key<M>(&self, message: M) -> tonic::Request<M> {
        match &self.key {
            Some(key) => signed(key, message),
            None => tonic::Request::new(message),
        }
    }

    fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.node)).expect("an address").connect_lazy()
    }
}

/// Creates an API key of the role, and waits until the nodes know it.
async fn create_key(role: CallerRole, scene: &CacheScenario<RedisServer>) -> String {
    let key = KeyRing::open(&scene.directory).add("hostile", role, &[]);
    for node in &scene.channels {
        until("the node knows the key", async || {
            let request = signed(&key, ValidateRequest::default());
            let answer = SessionServiceClient::new(node.clone()).validate(request).await;
            answer.err().is_none_or(|status| status.code() != Code::Unauthenticated)
        })
        .await;
    }
    key
}

/// Starts two nodes with small budgets, each of which one caller could exhaust.
async fn start_scenario() -> CacheScenario<RedisServer> {
    let redis = RedisServer::start().await;
    let settings = [
        ("CALLERS__RELOAD_INTERVAL", "1s"),
        ("SERVER__MAX_CONNECTIONS", "64"),
        ("SERVER__CONCURRENCY__VALIDATIONS", "128"),
        ("ALERTS__MAX_SUBSCRIBERS", "64"),
    ];
    let urls = [redis.url(), redis.url()];
    CacheScenario::start_with(redis, &urls, &settings).await
}

/// Asserts that a new user can sign in, be validated, subscribe to alerts and sign out. The attack also slows down the
/// test machine, so calls may need retries.
async fn assert_serves_new_user(node: &Node) {
    let channel = channel_to(node).await;
    until("there is a verdict", async || match WitnessSession::sign_in(&channel).await {
        Some(witness) => witness.source(&channel).await.is_some(),
        None => false,
    })
    .await;
    let sessions = SessionServiceClient::new(channel);
    until("a subscription succeeds", async || {
        sessions.clone().stream_alerts(StreamAlertsRequest::default()).await.is_ok()
    })
    .await;
    until("a revocation succeeds", async || {
        let user = UserScope { user_id: "witness".to_owned(), ..UserScope::default() };
        let revoke = RevokeAllRequest { scope: Some(Scope::User(user)), ..RevokeAllRequest::default() };
        sessions.clone().revoke_all(revoke).await.is_ok()
    })
    .await;
}

/// Asserts that, during the attacks, others can sign in, be validated, sign out and subscribe to alerts.
async fn assert_others_are_served(role: Option<CallerRole>, attacks: &[CallerAttack]) {
    let mut scene = start_scenario().await;
    let key = match role {
        Some(role) => Some(create_key(role, &scene).await),
        None => None,
    };
    scene
        .repeat_fault(async |scene| {
            let mut under_way = JoinSet::new();
            for node in &scene.nodes {
                let hostile = HostileCaller { node: node.grpc, key: key.clone() };
                for attack in attacks {
                    under_way.spawn(hostile.clone().attack(*attack));
                }
            }
            wait_a_while().await;
            for node in &scene.nodes {
                assert_serves_new_user(node).await;
            }
        })
        .await;
    let name = role.map_or_else(|| "no key".to_owned(), |role| format!("a key of role {role:?}"));
    scene.assert_no_violations(&format!("hostile caller with {name}: {attacks:?}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_metrics_scraper_does() {
    assert_others_are_served(
        Some(CallerRole::Metrics),
        &[CallerAttack::MissingMessages("session.v1.AdminService/Purge")],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_validator_does() {
    let bodiless = CallerAttack::MissingMessages("session.v1.SessionService/Validate");
    assert_others_are_served(Some(CallerRole::Validator), &[bodiless, CallerAttack::CancelledCalls]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_issuer_does() {
    let bodiless = CallerAttack::MissingMessages("session.v1.SessionService/Create");
    assert_others_are_served(Some(CallerRole::Issuer), &[bodiless, CallerAttack::Logins]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_backend_does() {
    let bodiless = CallerAttack::MissingMessages("session.v1.SessionService/RevokeAll");
    assert_others_are_served(Some(CallerRole::Backend), &[bodiless, CallerAttack::CancelledCalls]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_alert_consumer_does() {
    assert_others_are_served(Some(CallerRole::Alerts), &[CallerAttack::UnreadStreams]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_administrator_does() {
    assert_others_are_served(Some(CallerRole::Admin), &[CallerAttack::TenantRevocations, CallerAttack::UnreadStreams])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_somebody_without_a_key_does() {
    let watch = CallerAttack::MissingMessages("grpc.health.v1.Health/Watch");
    assert_others_are_served(None, &[watch, CallerAttack::IdleConnections]).await;
}
