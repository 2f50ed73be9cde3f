//! Nodes on one Redis, with calls under way, one of them behind a network that can be broken.

use std::{io::Write, sync::Arc, time::Duration};

use session_authority::{
    api::{Source, ValidateRequest, session_service_client::SessionServiceClient},
    app::Node,
    clock::{Stopwatch, SystemClock},
};
use tempfile::TempDir;
use tonic::transport::Channel;

use super::{MAX_STALENESS, history::Report, load::Load, validator::Validator};
use crate::{
    service::fixture::{channel_to, login_of, start_node},
    support::{proxy::TcpProxy, redis::RedisServer, redis_cluster::until},
};

const SEED: u64 = 20_260_131;

/// How long a fault lasts: several times the bound, and longer than a call waits for the store.
pub const SPELL: Duration = Duration::from_millis(1_200);

pub struct Scene {
    name: &'static str,
    pub redis: RedisServer,
    /// Between Redis and the first node.
    pub proxy: TcpProxy,
    pub nodes: Vec<Node>,
    pub channels: Vec<Channel>,
    load: Load,
    begun: Stopwatch,
    _directory: TempDir,
}

impl Scene {
    /// Two nodes on a Redis, both validating from memory. Faults that are aimed strike the connection that tells of
    /// changes.
    pub async fn on(name: &'static str, redis: RedisServer) -> Self {
        let proxy = TcpProxy::to(redis.address()).await;
        proxy.aim_at("TRACKING");
        let urls = [redis.url_through(proxy.address()), redis.url()];
        let (nodes, channels, directory) = start_nodes(&urls).await;
        let load = Load::start(SEED, &channels, &validators(&channels)).await;
        let scene =
            Self { name, redis, proxy, nodes, channels, load, begun: Stopwatch::start(), _directory: directory };
        scene.is_cached().await;
        scene
    }

    /// Strikes once; in a soak again and again.
    pub async fn again_and_again(&self, fault: impl AsyncFn(&Self)) {
        loop {
            fault(self).await;
            self.is_cached().await;
            if self.begun.elapsed() >= soak() {
                break;
            }
        }
    }

    /// Waits until every node answers from memory.
    pub async fn is_cached(&self) {
        for channel in &self.channels {
            answers_from_memory(channel).await;
        }
    }

    /// Lets calls go on for a while.
    pub async fn goes_on(&self) {
        tokio::time::sleep(SPELL).await;
    }

    pub fn report(&self) -> Report {
        self.load.report(MAX_STALENESS)
    }

    /// Ends it, and what happened was right.
    pub async fn was_right(self) -> Report {
        let report = self.load.stop(MAX_STALENESS).await;
        tell(self.name, &report);
        assert_eq!(report.violations, []);
        assert!(report.from_memory > 0 && report.revocations > 0, "{report:?}");
        for node in self.nodes {
            node.stop().await;
        }
        report
    }
}

/// Nodes of one installation, each on a URL of its own.
pub async fn start_nodes(urls: &[String]) -> (Vec<Node>, Vec<Channel>, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut nodes, mut channels) = (Vec::new(), Vec::new());
    for url in urls {
        let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none"), ("SERVER__REQUEST_TIMEOUT", "2s")];
        let node = start_node(&directory, &settings, Arc::new(SystemClock)).await;
        channels.push(channel_to(&node).await);
        nodes.push(node);
    }
    (nodes, channels, directory)
}

pub fn validators(channels: &[Channel]) -> Vec<Arc<dyn Validator>> {
    channels.iter().map(|channel| Arc::new(channel.clone()) as _).collect()
}

/// Waits until a session is validated from memory.
pub async fn answers_from_memory(channel: &Channel) {
    let mut client = SessionServiceClient::new(channel.clone());
    let mut token = None;
    until("the node answers from memory", async || {
        if token.is_none() {
            token = client.create(login_of("witness")).await.ok().map(|created| created.into_inner().token);
        }
        let Some(token) = token.clone() else { return false };
        let request = ValidateRequest { token, ..ValidateRequest::default() };
        client.validate(request).await.is_ok_and(|answer| answer.get_ref().source() == Source::Cache)
    })
    .await;
}

/// How long faults come again.
pub fn soak() -> Duration {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

/// A row of the table that `make soak` shows.
pub fn tell(name: &str, report: &Report) {
    writeln!(std::io::stdout(), "| {name} | {report} |").expect("standard output");
}
