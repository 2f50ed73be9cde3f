//! A Redis Cluster for one test: nodes with the configuration and the permissions in `deploy/`.
//!
//! It takes two seconds to start, most of which the nodes wait before they serve. A test that leaves the nodes as they
//! are [borrows](BorrowedCluster) a used one.

mod borrowed;
mod moves;

use std::time::Duration;

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};

pub use crate::wait::until;
use crate::{
    certificates::CertificateAuthority,
    password::random_password,
    redis::{RedisServer, RedisTls},
};

pub use borrowed::BorrowedCluster;

const SLOTS: usize = 16_384;

/// Silence after which a node counts as failed, if a replica is to take over: short, so that a test takes seconds, and
/// long enough for a busy machine.
const FAILOVER_TIMEOUT: Duration = Duration::from_millis(1500);

/// The same in a Cluster without replicas.
const NO_FAILOVER_TIMEOUT: Duration = Duration::from_mins(1);

/// A running Cluster. Its servers are killed on drop.
pub struct RedisCluster {
    /// The masters, as they were at the start; then their replicas in the same order; then nodes that joined.
    pub nodes: Vec<RedisServer>,
    password: String,
}

impl RedisCluster {
    /// Starts three masters.
    pub async fn start() -> Self {
        Self::start_with(3, 0, || None).await
    }

    /// Starts three masters, each with a replica that can take over.
    pub async fn with_replicas() -> Self {
        Self::start_with(3, 3, || None).await
    }

    /// Starts three masters that accept only TLS. Returns them with the authority of their certificate.
    pub async fn tls() -> (Self, String) {
        let tls = RedisTls::generate();
        let cluster = Self::start_with(3, 0, || Some(tls.clone())).await;
        (cluster, tls.authority().to_owned())
    }

    /// Starts three masters that accept only TLS, and require a client certificate of `authority`.
    pub async fn mutual_tls(authority: &CertificateAuthority) -> Self {
        Self::start_with(3, 0, || Some(RedisTls::mutual(authority))).await
    }

    async fn start_with(masters: usize, replicas: usize, tls: impl Fn() -> Option<RedisTls>) -> Self {
        let password = random_password();
        let timeout = if replicas == 0 { NO_FAILOVER_TIMEOUT } else { FAILOVER_TIMEOUT };
        let nodes = (0..masters + replicas).map(|_| RedisServer::cluster_node(&password, timeout, tls()));
        let cluster = Self { nodes: join_all(nodes).await, password };
        for (number, node) in cluster.nodes[..masters].iter().enumerate() {
            let (first, last) = (SLOTS * number / masters, SLOTS * (number + 1) / masters - 1);
            let first_last = [first, last].map(|slot| slot.to_string());
            run_cluster_command(node, &["SET-CONFIG-EPOCH", &(number + 1).to_string()]).await.expect("a unique epoch");
            run_cluster_command(node, &["ADDSLOTSRANGE", &first_last[0], &first_last[1]]).await.expect("slots");
        }
        cluster.meet().await;
        cluster.wait_until_agreed(masters).await;
        for number in 0..replicas {
            let master = cluster.id(number).await;
            run_cluster_command(&cluster.nodes[masters + number], &["REPLICATE", &master]).await.expect("a replica");
        }
        cluster.everything_is_replicated(masters, replicas).await;
        cluster
    }

    /// Returns the URL of the service's connections, which names the masters.
    pub fn url(&self) -> String {
        self.url_by(&[0, 1, 2])
    }

    /// Returns a URL that names the nodes with these numbers.
    pub fn url_by(&self, nodes: &[usize]) -> String {
        let (user, _) =
            self.nodes[nodes[0]].url().rsplit_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a user");
        let hosts: Vec<_> = nodes.iter().map(|node| self.nodes[*node].address().to_string()).collect();
        format!("{}@{}", user.replacen("://", "+cluster://", 1), hosts.join(","))
    }

    /// Returns the node's ID in the Cluster.
    pub async fn id(&self, node: usize) -> String {
        let id = run_cluster_command(&self.nodes[node], &["MYID"]).await;
        redis::from_redis_value(id.expect("an id")).expect("an id")
    }

    /// Returns the number of the node that serves the slot of `key`, as the node `asked` sees it.
    pub async fn master_of(&self, key: &str, asked: usize) -> usize {
        let slot = self.slot_of(key).await;
        let slots = slots(&self.nodes[asked]).await;
        let port = slots.iter().find(|range| (range.0..=range.1).contains(&slot)).expect("a master").2;
        self.nodes.iter().position(|node| node.address().port() == port).expect("a node")
    }

    pub async fn slot_of(&self, key: &str) -> u16 {
        let slot = run_cluster_command(&self.nodes[0], &["KEYSLOT", key]).await;
        redis::from_redis_value(slot.expect("a slot")).expect("a slot")
    }

    /// Adds another node, a master without slots. Returns its number.
    pub async fn join(&mut self) -> usize {
        self.nodes.push(RedisServer::cluster_node(&self.password, NO_FAILOVER_TIMEOUT, None).await);
        self.meet().await;
        self.wait_until_agreed(3).await;
        self.nodes.len() - 1
    }

    /// Makes a node announce `port`, like one behind a proxy. Waits until `listener` has received it.
    pub async fn announce(&self, node: usize, port: u16, listener: usize) {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("cluster-announce-port").arg(port);
        set.exec_async(&mut self.nodes[node].admin().await).await.expect("a setting");
        until("the port is known", async || slots(&self.nodes[listener]).await.iter().any(|range| range.2 == port))
            .await;
    }

    /// Waits until the replica of a master has all data written before.
    pub async fn wait_until_replicated(&self, master: usize) {
        let mut admin = self.nodes[master].admin().await;
        until("the replica has everything", async || {
            let info: String = redis::cmd("INFO").arg("replication").query_async(&mut admin).await.expect("INFO");
            let number = |name: &str| {
                let (_, rest) = info.split_once(name)?;
                rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
            };
            let written = number("master_repl_offset:");
            written.is_some() && number(",offset=") >= written
        })
        .await;
    }

    /// Returns true if every node announces all nodes as `host`.
    pub async fn names_only(&self, host: &str) -> bool {
        for node in &self.nodes {
            let Ok(Value::Array(ranges)) = run_cluster_command(node, &["SLOTS"]).await else { return false };
            let named = |range: &Value| {
                let Value::Array(parts) = range else { return false };
                let Value::Array(master) = &parts[2] else { return false };
                master[0] == Value::BulkString(host.into())
            };
            if !ranges.iter().all(named) {
                return false;
            }
        }
        true
    }

    /// Returns connections of a user with all permissions, one to each running node.
    pub async fn admins(&self) -> Vec<MultiplexedConnection> {
        join_all(self.nodes.iter().map(RedisServer::admin)).await
    }

    /// Introduces every node to every other one, because gossip takes seconds.
    async fn meet(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            let [host, port, bus_port] = node.cluster_address();
            for other in &self.nodes[..number] {
                run_cluster_command(other, &["MEET", &host, &port, &bus_port]).await.expect("a meeting");
            }
        }
    }

    /// Waits until every node knows all the others and they agree on every slot.
    async fn wait_until_agreed(&self, masters: usize) {
        let expected = [
            "cluster_state:ok".to_owned(),
            format!("cluster_known_nodes:{}", self.nodes.len()),
            format!("cluster_size:{masters}"),
        ];
        for node in &self.nodes {
            until("the nodes agree", async || {
                let Ok(info) = run_cluster_command(node, &["INFO"]).await else { return false };
                let info: String = redis::from_redis_value(info).expect("text");
                let slots = slots(node).await;
                let covered = slots.iter().map(|range| usize::from(range.1 - range.0) + 1).sum::<usize>();
                covered == SLOTS
                    && slots == self::slots(&self.nodes[0]).await
                    && expected.iter().all(|line| info.lines().any(|reported| reported == line))
            })
            .await;
        }
    }

    async fn everything_is_replicated(&self, masters: usize, replicas: usize) {
        for replica in &self.nodes[masters..masters + replicas] {
            let mut admin = replica.admin().await;
            until("the replica follows", async || {
                let info: String = redis::cmd("INFO").arg("replication").query_async(&mut admin).await.expect("INFO");
                info.contains("role:slave") && info.contains("master_link_status:up")
            })
            .await;
        }
        // A master learns its replicas by gossip, and only then one of them can be elected.
        for node in &self.nodes {
            until("all nodes know the replicas", async || {
                let nodes_text: String = run_cluster_command(node, &["NODES"])
                    .await
                    .ok()
                    .and_then(|nodes_text| redis::from_redis_value(nodes_text).ok())
                    .unwrap_or_default();
                nodes_text.lines().filter(|line| line.contains("slave")).count() == replicas
            })
            .await;
        }
    }
}

/// Sends a subcommand of `CLUSTER` to one node.
pub async fn run_cluster_command(node: &RedisServer, words: &[&str]) -> RedisResult<Value> {
    redis::cmd("CLUSTER").arg(words).query_async(&mut node.admin().await).await
}

/// Returns first and last slot and the master's port of each range in the node's slot map.
async fn slots(node: &RedisServer) -> Vec<(u16, u16, u16)> {
    let Ok(Value::Array(ranges)) = run_cluster_command(node, &["SLOTS"]).await else { return Vec::new() };
    let range = |range: Value| -> (u16, u16, (Value, u16)) {
        let Value::Array(mut parts) = range else { panic!("a range") };
        let Value::Array(mut master) = parts.remove(2) else { panic!("a master") };
        master.truncate(2);
        parts.truncate(2);
        parts.push(Value::Array(master));
        redis::from_redis_value(Value::Array(parts)).expect("a range")
    };
    let mut slots: Vec<_> = ranges.into_iter().map(range).map(|(first, last, (_, port))| (first, last, port)).collect();
    slots.sort_unstable();
    slots
}
