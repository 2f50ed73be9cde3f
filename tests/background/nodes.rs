//! Nodes in one process on one Redis.

use std::{net::SocketAddr, sync::Arc};

use session_authority::{
    api::{
        ListEventsRequest, ListNodesRequest, NodeEntry, NodeState, admin_service_client::AdminServiceClient,
        session_service_client::SessionServiceClient,
    },
    app::Node,
    clock::{Clock, SystemClock},
    domain::{Bucket, BucketSet},
    store::{BackgroundStore, NodeId},
};
use sqlx::Row;
use tempfile::TempDir;

use super::node_metrics::{is_evenly_shared, metric, owned_buckets};
use crate::{
    alerts::fixture::redis_at,
    audit::fixture::{address_of, connect_audit, row_counts, with_address},
    service::alerts::logins::login_alert,
    service::fixture::{channel_to, eventually, login_of, start_node},
    support::{clock::ShiftedClock, postgres::PostgresServer, proxy::TcpProxy, redis::RedisServer},
};

/// Nodes that share a Redis and an audit database.
struct BackgroundNodes {
    redis: RedisServer,
    url: String,
    directory: TempDir,
}

impl BackgroundNodes {
    async fn new() -> Self {
        let redis = RedisServer::start().await;
        let url = PostgresServer::shared().await.database().await;
        session_authority::audit::migrate(&url).await.expect("a schema");
        Self { redis, url, directory: tempfile::tempdir().expect("a directory") }
    }

    async fn start(&self) -> Node {
        self.start_with(&self.url, Arc::new(SystemClock)).await
    }

    async fn start_with(&self, audit: &str, clock: Arc<dyn Clock>) -> Node {
        let store = self.redis.url();
        let settings = [("STORE__URL", store.as_str()), ("AUDIT__URL", audit), ("DETECTION__LEARNING_MIN_LOGINS", "1")];
        start_node(&self.directory, &settings, clock).await
    }

    async fn archived_alerts(&self) -> i64 {
        let row = sqlx::query("SELECT count(*) FROM alerts").fetch_one(&mut connect_audit(&self.url).await).await;
        row.expect("a count").get(0)
    }

    async fn events(&self) -> i64 {
        row_counts(&self.url).await[0]
    }
}

fn addresses(nodes: &[&Node]) -> Vec<SocketAddr> {
    nodes.iter().map(|node| node.management).collect()
}

async fn sign_in(node: &Node, users: std::ops::Range<usize>) {
    let mut sessions = SessionServiceClient::new(channel_to(node).await);
    for number in users {
        sessions.create(login_of(&format!("user-{number}"))).await.expect("a session");
    }
}

async fn list_nodes(node: &Node) -> Vec<NodeEntry> {
    let mut admin = AdminServiceClient::new(channel_to(node).await);
    admin.list_nodes(ListNodesRequest {}).await.expect("nodes").into_inner().nodes
}

/// Returns whether each of two nodes lists itself first and then the other, with what it reports.
async fn is_listed_by_both(one: &Node, other: &Node) -> bool {
    let (at_one, at_other) = (list_nodes(one).await, list_nodes(other).await);
    let ids = |listed: &[NodeEntry]| listed.iter().map(|node| node.node_id.clone()).collect::<Vec<_>>();
    let is_complete = |node: &NodeEntry| {
        node.release == env!("CARGO_PKG_VERSION")
            && !matches!(node.state(), NodeState::Unspecified | NodeState::Failed)
            && node.started_at.is_some()
            && node.clock_skew.is_some()
            && node.buckets > 0
    };
    ids(&at_one).into_iter().rev().eq(ids(&at_other))
        && at_one.len() == 2
        && [&at_one, &at_other].iter().all(|listed| listed[0].is_responder && !listed[1].is_responder)
        && at_one.iter().chain(&at_other).all(is_complete)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_alone_does_all_of_it() {
    let nodes = BackgroundNodes::new().await;
    let node = nodes.start().await;
    eventually("it owns every bucket", async || owned_buckets(node.management).await == 256).await;
    sign_in(&node, 0..20).await;
    eventually("the audit has every event", async || nodes.events().await == 20).await;
    assert_eq!(metric(node.management, "background_live_nodes").await, 1);
    assert_eq!(metric(node.management, "background_bucket_takeovers_total").await, 0);
    assert!(node.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_the_buckets_and_one_that_leaves_gives_its_own_up() {
    let nodes = BackgroundNodes::new().await;
    let (one, other) = (nodes.start().await, nodes.start().await);
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&one, &other])).await).await;
    assert_eq!(metric(one.management, "background_live_nodes").await, 2);
    eventually("each lists both with their health", async || is_listed_by_both(&one, &other).await).await;
    sign_in(&one, 0..40).await;
    eventually("the audit has every event", async || nodes.events().await == 40).await;

    sign_in(&one, 40..80).await;
    assert!(one.stop().await);
    eventually("the other node owns all buckets", async || owned_buckets(other.management).await == 256).await;
    assert!(metric(other.management, "background_bucket_takeovers_total").await > 0);
    assert_eq!(list_nodes(&other).await.len(), 1);
    sign_in(&other, 80..120).await;
    eventually("the audit has every event", async || nodes.events().await == 120).await;
    assert!(other.stop().await);
}

/// A node claims its share as of its last heartbeat, so it may claim buckets of a node that has just joined, and give
/// them up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_buckets_were_claimed_by_mistake_claims_them_again() {
    let nodes = BackgroundNodes::new().await;
    let node = nodes.start().await;
    eventually("it owns every bucket", async || owned_buckets(node.management).await == 256).await;
    let mistaken = NodeId([9; 8]);
    let store = redis_at(&nodes.redis.url()).await;
    let claims = store.claim(mistaken, BucketSet::ALL).await.expect("claims");
    assert!(claims.len() == 256 && claims.iter().all(|claim| claim.epoch == 2), "{claims:?}");
    eventually("the node owns each bucket again", async || {
        let mut owners = redis::pipe();
        for bucket in Bucket::all() {
            owners.cmd("HGET").arg(format!("sa1:{{{bucket}}}:meta")).arg("owner");
        }
        let owners: Vec<String> = owners.query_async(&mut nodes.redis.admin().await).await.expect("owners");
        owners.iter().all(|owner| owner.ends_with(":3") && !owner.starts_with(&mistaken.to_string()))
    })
    .await;
    assert!(node.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_of_all_nodes_are_archived_by_one_and_then_by_another() {
    let nodes = BackgroundNodes::new().await;
    let (one, other) = (nodes.start().await, nodes.start().await);
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&one, &other])).await).await;
    for (number, node) in [&one, &other].into_iter().cycle().take(10).enumerate() {
        login_alert(&channel_to(node).await, &format!("before-{number}")).await.expect("an alert");
    }
    eventually("all alerts are archived", async || nodes.archived_alerts().await == 10).await;
    assert!(one.stop().await);
    for number in 0..5 {
        login_alert(&channel_to(&other).await, &format!("after-{number}")).await.expect("an alert");
    }
    eventually("all alerts are archived once", async || nodes.archived_alerts().await == 15).await;
    assert!(other.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_off_leaves_everything_to_the_other() {
    let nodes = BackgroundNodes::new().await;
    let clock = Arc::new(ShiftedClock::new(0));
    let (off, right) = (nodes.start_with(&nodes.url, Arc::clone(&clock) as _).await, nodes.start().await);
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&off, &right])).await).await;
    clock.set(86_400_000);
    eventually("the other node owns all buckets", async || owned_buckets(right.management).await == 256).await;
    assert_eq!(owned_buckets(off.management).await, 0);
    clock.set(0);
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&off, &right])).await).await;
    assert!(off.stop().await);
    assert!(right.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_reach_the_audit_database_leaves_everything_to_the_other() {
    let nodes = BackgroundNodes::new().await;
    let proxy = TcpProxy::start(address_of(&nodes.url)).await;
    let cut_off = nodes.start_with(&with_address(&nodes.url, proxy.address()), Arc::new(SystemClock)).await;
    let other = nodes.start().await;
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&cut_off, &other])).await).await;
    proxy.cut().await;
    sign_in(&other, 0..40).await;
    eventually("the other node owns all buckets", async || owned_buckets(other.management).await == 256).await;
    eventually("the audit has every event", async || nodes.events().await == 40).await;
    assert!(other.stop().await);
}

/// Starts a node whose audit database does not respond, so that its events wait.
async fn without_audit(nodes: &BackgroundNodes) -> Node {
    let away = format!("postgres://nobody@127.0.0.1:{}/none", crate::support::ports::free());
    let settings = [("STORE__URL", nodes.redis.url()), ("AUDIT__URL", away)];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    start_node(&nodes.directory, &settings, Arc::new(SystemClock)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hears_nothing_of_others_counts_what_waits_by_itself() {
    let nodes = BackgroundNodes::new().await;
    let node = without_audit(&nodes).await;
    let waits = async |number: u64| metric(node.management, "outbox_events").await == number;
    eventually("it owns every bucket", async || owned_buckets(node.management).await == 256).await;
    sign_in(&node, 0..3).await;
    eventually("the first events are counted", async || waits(3).await).await;
    // From here on no heartbeat can be written.
    let mut admin = nodes.redis.admin().await;
    let _: () = redis::cmd("SET").arg("sa1:{alerts}:nodes").arg("broken").query_async(&mut admin).await.expect("SET");
    eventually("it no longer knows any owner", async || {
        metric(node.management, "background_buckets_unowned").await == 256
    })
    .await;
    sign_in(&node, 3..5).await;
    eventually("the last events are counted, too", async || waits(5).await).await;
    let _: () = redis::cmd("DEL").arg("sa1:{alerts}:nodes").query_async(&mut admin).await.expect("DEL");
    eventually("it knows the owners again", async || metric(node.management, "background_buckets_unowned").await == 0)
        .await;
    assert!(node.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_say_together_up_to_when_the_audit_is_complete() {
    let nodes = BackgroundNodes::new().await;
    let (one, other) = (nodes.start().await, nodes.start().await);
    eventually("each owns about half", async || is_evenly_shared(&addresses(&[&one, &other])).await).await;
    for node in [&one, &other] {
        let admin = AdminServiceClient::new(channel_to(node).await);
        eventually("it reports the time", async || {
            let answer = admin.clone().list_events(ListEventsRequest::default()).await.expect("a response");
            answer.into_inner().complete_until.is_some()
        })
        .await;
    }
    assert!(one.stop().await);
    assert!(other.stop().await);
}
