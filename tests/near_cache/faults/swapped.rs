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
    history::{Verdict, Violation},
    scene::{Scene, Witness, a_while, start_nodes},
    validator::{Held, Validator},
};
use crate::{
    service::fixture::{channel_to, id_of, login_of, start_node},
    support::{postgres::PostgresServer, proxy::TcpProxy, redis::RedisServer, redis_cluster::until},
};

/// An installation that is not that of the nodes: 32 bytes of ones.
const OTHER_INSTALLATION: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Whose sessions lie in the other store. No user of the load has this name.
const STRANGER: &str = "stranger";
const LOGINS_A_STRIKE: usize = 3;

/// The nodes' own Redis, the other one, and the proxy that leads the nodes to one of them.
pub struct Servers {
    pub own: RedisServer,
    pub other: RedisServer,
    proxy: TcpProxy,
}

impl Servers {
    pub async fn start() -> Self {
        let own = RedisServer::start().await;
        let other = RedisServer::with_login_of(&own).await;
        let proxy = TcpProxy::to(own.address()).await;
        Self { own, other, proxy }
    }

    pub fn urls(&self) -> [String; 2] {
        [(); 2].map(|()| self.own.url_through(self.proxy.address()))
    }

    pub async fn lead_to_other(&self) {
        self.proxy.lead_to(self.other.address()).await;
    }

    pub async fn lead_to_own(&self) {
        self.proxy.lead_to(self.own.address()).await;
    }
}

async fn audit_database() -> String {
    let database = PostgresServer::shared().await.database().await;
    audit::migrate(&database).await.expect("the schema");
    database
}

async fn sign_in_stranger(node: &Channel, number: usize) -> Held {
    let created = SessionServiceClient::new(node.clone()).create(login_of(STRANGER)).await.expect("a session");
    let created = created.into_inner();
    Held { number, id: id_of(&created).parse().expect("a session's id"), token: created.token }
}

/// Sessions of the stranger in the audit database of a node.
async fn audited(node: &Channel, state: SessionState) -> Option<usize> {
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
    it_is_swapped("Redis swapped for another installation's", false).await;
}

/// Nothing but the store tells these installations apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_another_installation_with_the_same_token_keys_is_accepted() {
    it_is_swapped("Redis swapped for another installation's, same token keys", true).await;
}

async fn it_is_swapped(name: &str, same_token_keys: bool) {
    let (servers, own_audit, other_audit) = (Servers::start().await, audit_database().await, audit_database().await);
    let (urls, other_url) = (servers.urls(), servers.other.url());
    let settings = [("AUDIT__URL", own_audit.as_str()), ("SESSIONS__SWEEP_INTERVAL", "1s")];
    let mut scene = Scene::start_with(servers, &urls, &settings).await;
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
    let witness = Witness::sign_in(&scene.channels[0]).await.expect("a session");
    let mut strangers = Vec::new();
    scene
        .again_and_again(async |scene| {
            scene.around.lead_to_other().await;
            for _ in 0..LOGINS_A_STRIKE {
                strangers.push(sign_in_stranger(&other, strangers.len()).await);
            }
            for node in &scene.channels {
                witness.is_unavailable(node).await;
            }
            a_while().await;
            for node in &scene.channels {
                witness.is_unavailable(node).await;
                assert!(Witness::sign_in(node).await.is_none(), "nobody signs in");
                for stranger in strangers.iter().rev().take(LOGINS_A_STRIKE) {
                    let verdict = node.judge(stranger, false).await.verdict;
                    assert!(!matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
                }
            }
            scene.around.lead_to_own().await;
            for stranger in &strangers {
                let verdict = other.judge(stranger, true).await.verdict;
                assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
            }
        })
        .await;
    until("the other installation's audit has all", async || {
        audited(&other, SessionState::Live).await == Some(strangers.len().min(50))
    })
    .await;
    assert_eq!(audited(&other, SessionState::Ended).await, Some(0));
    for state in [SessionState::Live, SessionState::Ended] {
        assert_eq!(audited(&scene.channels[0], state).await, Some(0), "{state:?}");
    }
    scene.was_right(name).await;
    other_node.stop().await;
}

/// The limit of the binding: it tells installations apart, and not two stores of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_store_of_the_same_installation_is_taken_for_its_own() {
    let servers = Servers::start().await;
    let (nodes, _, _keys) = start_nodes(&[servers.other.url()]).await;
    for node in nodes {
        node.stop().await;
    }
    let urls = servers.urls();
    let mut scene = Scene::start(servers, &urls).await;
    scene
        .until_wrong(async |scene| {
            scene.around.lead_to_other().await;
            a_while().await;
            scene.around.lead_to_own().await;
        })
        .await;
    let is_expected = |violation: &Violation| matches!(violation, Violation::FalselyRejected(_));
    scene.was_wrong("twins: Redis swapped for another of the installation", is_expected).await;
}
