//! Another Redis behind the address of the nodes' own.

use std::sync::Arc;

use session_authority::{
    api::{
        SearchSessionsRequest, SessionFilter, SessionState, admin_service_client::AdminServiceClient,
        session_service_client::SessionServiceClient,
    },
    audit,
    clock::SystemClock,
};
use tempfile::tempdir;
use tonic::transport::Channel;

use super::{
    history::{HistoryViolation, ObservedVerdict},
    scenario::{CacheScenario, WitnessSession, start_nodes, wait_a_while},
    validator::{HeldSession, SessionValidator},
};
use crate::{
    service::fixture::{channel_to, id_of, login_of, start_node},
    support::{postgres::PostgresServer, proxy::TcpProxy, redis::RedisServer, redis_cluster::until},
};

/// The secret of another installation: 32 bytes of ones.
const OTHER_INSTALLATION: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The owner of the sessions in the other store. No user of the load has this name.
const STRANGER: &str = "stranger";
const LOGINS_A_STRIKE: usize = 3;

/// The nodes' own Redis, the other one, and the proxy that connects the nodes to one of them.
pub struct SwappableServers {
    pub own: RedisServer,
    pub other: RedisServer,
    proxy: TcpProxy,
}

impl SwappableServers {
    pub async fn start() -> Self {
        let own = RedisServer::start().await;
        let other = RedisServer::with_same_login(&own).await;
        let proxy = TcpProxy::start(own.address()).await;
        Self { own, other, proxy }
    }

    pub fn urls(&self) -> [String; 2] {
        [(); 2].map(|()| self.own.url_through(self.proxy.address()))
    }

    pub async fn route_to_other(&self) {
        self.proxy.route_to(self.other.address()).await;
    }

    pub async fn route_to_own(&self) {
        self.proxy.route_to(self.own.address()).await;
    }
}

async fn audit_database() -> String {
    let database = PostgresServer::shared().await.database().await;
    audit::migrate(&database).await.expect("the schema");
    database
}

async fn sign_in_stranger(node: &Channel, number: usize) -> HeldSession {
    let created = SessionServiceClient::new(node.clone()).create(login_of(STRANGER)).await.expect("a session");
    let created = created.into_inner();
    HeldSession { number, id: id_of(&created).parse().expect("a session's id"), token: created.token }
}

/// Returns the number of the stranger's sessions in the audit database of a node.
async fn count_audited(node: &Channel, state: SessionState) -> Option<usize> {
    let request = SearchSessionsRequest {
        filter: Some(SessionFilter { user_id: STRANGER.to_owned(), ..SessionFilter::default() }),
        state: state.into(),
        ..SearchSessionsRequest::default()
    };
    let found = AdminServiceClient::new(node.clone()).search_sessions(request).await;
    found.ok().map(|found| found.into_inner().sessions.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_another_installation_is_accepted_relayed_or_ended() {
    Box::pin(swap_redis("Redis swapped for another installation's", false)).await;
}

/// The store alone distinguishes these installations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_another_installation_with_the_same_token_keys_is_accepted() {
    Box::pin(swap_redis("Redis swapped for another installation's, same token keys", true)).await;
}

async fn swap_redis(name: &str, same_token_keys: bool) {
    let (servers, own_audit, other_audit) =
        (SwappableServers::start().await, audit_database().await, audit_database().await);
    let (urls, other_url) = (servers.urls(), servers.other.url());
    let settings = [("AUDIT__URL", own_audit.as_str()), ("SESSIONS__SWEEP_INTERVAL", "1s")];
    let mut scene = CacheScenario::start_with(servers, &urls, &settings).await;
    let settings = [
        ("STORE__URL", other_url.as_str()),
        ("AUDIT__URL", other_audit.as_str()),
        ("KEYS__INSTALLATION", OTHER_INSTALLATION),
        ("POLICIES__DEFAULT__MAX_SESSIONS", "256"),
    ];
    let own_keys = tempdir().expect("a directory");
    let keys = if same_token_keys { &scene.directory } else { &own_keys };
    let other_node = start_node(keys, &settings, Arc::new(SystemClock)).await;
    let other = channel_to(&other_node).await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    let mut strangers = Vec::new();
    scene
        .repeat_fault(async |scene| {
            scene.environment.route_to_other().await;
            for _ in 0..LOGINS_A_STRIKE {
                strangers.push(sign_in_stranger(&other, strangers.len()).await);
            }
            witness.assert_stays_unavailable(&scene.channels).await;
            for node in &scene.channels {
                for stranger in strangers.iter().rev().take(LOGINS_A_STRIKE) {
                    let verdict = node.validate(stranger, false).await.verdict;
                    assert!(!matches!(verdict, ObservedVerdict::Accepted { .. }), "{verdict:?}");
                }
            }
            scene.environment.route_to_own().await;
            for stranger in &strangers {
                let verdict = other.validate(stranger, true).await.verdict;
                assert!(matches!(verdict, ObservedVerdict::Accepted { .. }), "{verdict:?}");
            }
        })
        .await;
    until("the other installation's audit has all events", async || {
        count_audited(&other, SessionState::Live).await == Some(strangers.len().min(50))
    })
    .await;
    assert_eq!(count_audited(&other, SessionState::Ended).await, Some(0));
    for state in [SessionState::Live, SessionState::Ended] {
        assert_eq!(count_audited(&scene.channels[0], state).await, Some(0), "{state:?}");
    }
    scene.assert_no_violations(name).await;
    other_node.stop().await;
}

/// A limitation of the binding: it distinguishes installations, not two stores of one installation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_store_of_the_same_installation_is_taken_for_its_own() {
    let servers = SwappableServers::start().await;
    let (nodes, _, _keys) = start_nodes(&[servers.other.url()]).await;
    for node in nodes {
        node.stop().await;
    }
    let urls = servers.urls();
    let mut scene = CacheScenario::start(servers, &urls).await;
    scene
        .repeat_until_violation(async |scene| {
            scene.environment.route_to_other().await;
            wait_a_while().await;
            scene.environment.route_to_own().await;
        })
        .await;
    let is_expected = |violation: &HistoryViolation| matches!(violation, HistoryViolation::FalselyRejected(_));
    scene.assert_violation("mutant: Redis swapped for another of the installation", is_expected).await;
}
