//! Round trips to Redis per call, counted on the wire.

use session_authority::{
    api::{
        Consistency, RevokeAllRequest, RevokeRequest, UserScope, ValidateRequest, revoke_all_request,
        revoke_request::Target,
    },
    detection::Rule,
};

use super::fixture::{TestService, id_of};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_takes_one_round_trip_create_two_and_validate_none_once_it_is_known() {
    assert_eq!(usual_costs(&[]).await, [2, 1, 0, 1, 1, 1, 1], "{CALLS}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_rule_off_create_takes_one_too() {
    let names: Vec<_> = Rule::all().map(|rule| format!("DETECTION__RULES__{}", rule.name())).collect();
    let off: Vec<_> = names.iter().map(|name| (name.as_str(), "false")).collect();
    assert_eq!(usual_costs(&off).await, [1, 1, 0, 1, 1, 1, 1], "{CALLS}");
}

const CALLS: &str = "create, first validate, another, a strong one, list, revoke, revoke all";

/// Returns the round trips of each call.
async fn usual_costs(settings: &[(&str, &str)]) -> [usize; 7] {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    let url = redis.url_through(proxy.address());
    // A single connection, and no background work during the measurement.
    let quiet = [
        ("STORE__URL", url.as_str()),
        ("STORE__POOL_SIZE", "1"),
        ("SESSIONS__SWEEP_INTERVAL", "10m"),
        ("SESSIONS__FLUSH_INTERVAL", "2s"),
    ];
    let service = TestService::start(Some(redis), &[&quiet, settings].concat()).await;
    // The first call of each kind loads its script into the server.
    let created = service.login("ann").await;
    every_kind(&service, &created.token, &id_of(&created)).await;

    // The node asks the store for its time every second, and renews its leases every 50 ms. These requests add to those
    // of a call, or coincide with them and count as one; they never take away. Even on a busy machine, a quarter of the
    // rounds are undisturbed.
    let mut rounds = Vec::new();
    for _ in 0..31 {
        rounds.push(costs(&service, &proxy).await);
    }
    std::array::from_fn(|call| {
        let mut of_call: Vec<_> = rounds.iter().map(|round| round[call]).collect();
        of_call.sort_unstable();
        of_call[of_call.len() / 4]
    })
}

async fn costs(service: &TestService, proxy: &TcpProxy) -> [usize; 7] {
    let cost = RoundTripCounter::new(proxy);
    let created = service.login("ann").await;
    let create = cost.since_last();
    service.validate(&created.token).await.expect("an active session");
    let first = cost.since_last();
    service.validate(&created.token).await.expect("an active session");
    let validate = cost.since_last();
    service.validate_request(strong(&created.token)).await.expect("an active session");
    let strong = cost.since_last();
    service.list("ann").await;
    let list = cost.since_last();
    let target = RevokeRequest { target: Some(Target::SessionId(id_of(&created))), ..RevokeRequest::default() };
    service.sessions().revoke(target).await.expect("a response");
    let revoke = cost.since_last();
    service.sessions().revoke_all(all_of_ann()).await.expect("a response");
    [create, first, validate, strong, list, revoke, cost.since_last()]
}

/// Counts the round trips since the last query.
struct RoundTripCounter<'a> {
    proxy: &'a TcpProxy,
    seen: std::cell::Cell<usize>,
}

impl<'a> RoundTripCounter<'a> {
    fn new(proxy: &'a TcpProxy) -> Self {
        Self { proxy, seen: proxy.round_trips().into() }
    }

    fn since_last(&self) -> usize {
        let now = self.proxy.round_trips();
        now - self.seen.replace(now)
    }
}

async fn every_kind(service: &TestService, token: &str, id: &str) {
    let validate = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    service.sessions().validate(validate).await.expect("a verdict");
    service.list("ann").await;
    let target = RevokeRequest { target: Some(Target::SessionId(id.to_owned())), ..RevokeRequest::default() };
    service.sessions().revoke(target).await.expect("a response");
    service.sessions().revoke_all(all_of_ann()).await.expect("a response");
}

fn strong(token: &str) -> ValidateRequest {
    ValidateRequest { token: token.to_owned(), consistency: Consistency::Strong.into(), ..ValidateRequest::default() }
}

fn all_of_ann() -> RevokeAllRequest {
    let scope = UserScope { tenant_id: String::new(), user_id: "ann".into() };
    RevokeAllRequest { scope: Some(revoke_all_request::Scope::User(scope)), ..RevokeAllRequest::default() }
}
