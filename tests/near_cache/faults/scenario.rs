//! Nodes of one installation under load, and the environment in which faults are injected.

use std::{io::Write, sync::Arc, time::Duration};

use session_authority::{
    api::{Source, ValidateRequest, ValidateResponse, session_service_client::SessionServiceClient},
    app::Node,
    clock::{Clock, Stopwatch, SystemClock},
};
use tempfile::TempDir;
use tonic::{Code, Response, Status, transport::Channel};

use super::{
    MAX_STALENESS,
    history::{HistoryReport, HistoryViolation, NodeNumber},
    load::{LoadNode, SessionLoad},
};
use crate::{
    service::fixture::{channel_to, login_of, start_node},
    support::{proxy::TcpProxy, redis::RedisServer, redis_cluster::until, soak::soak_duration},
};

pub const SEED: u64 = 20_260_131;

/// Duration of a fault: several times the bound, and longer than a call waits for the store.
pub const FAULT_DURATION: Duration = Duration::from_millis(1_200);

/// Maximum number of faults until a violation, which may take several on a busy machine.
const MAX_STRIKES: usize = 30;

/// Nodes in an environment under load.
pub struct CacheScenario<A> {
    pub environment: A,
    pub nodes: Vec<Node>,
    pub channels: Vec<Channel>,
    pub load: SessionLoad,
    /// The keys of the nodes.
    pub directory: TempDir,
    started: Stopwatch,
}

/// A Redis, with a proxy between it and the first node.
pub struct ProxiedRedis {
    pub redis: RedisServer,
    pub proxy: TcpProxy,
}

impl CacheScenario<ProxiedRedis> {
    /// Starts two nodes on a Redis.
    pub async fn with_redis(redis: RedisServer) -> Self {
        let proxy = TcpProxy::start(redis.address()).await;
        Self::proxied(redis, proxy).await
    }

    /// Starts two nodes on a Redis, with a proxy that affects only the tracking connection.
    pub async fn with_tracking_proxy(redis: RedisServer) -> Self {
        let proxy = TcpProxy::start(redis.address()).await;
        proxy.target_connections("TRACKING");
        Self::proxied(redis, proxy).await
    }

    async fn proxied(redis: RedisServer, proxy: TcpProxy) -> Self {
        let urls = [redis.url_through(proxy.address()), redis.url()];
        Self::start(ProxiedRedis { redis, proxy }, &urls).await
    }
}

impl<A> CacheScenario<A> {
    /// Starts a node for each URL, and waits until all of them return verdicts from memory.
    pub async fn start(around: A, urls: &[String]) -> Self {
        Self::start_with(around, urls, &[]).await
    }

    /// Does the same as [`start`](Self::start), with further settings.
    pub async fn start_with(around: A, urls: &[String], settings: &[(&str, &str)]) -> Self {
        Self::with_load(around, start_nodes_with(urls, settings).await, load_nodes).await
    }

    /// Starts the load on running nodes.
    pub async fn with_load(
        around: A,
        (nodes, channels, directory): (Vec<Node>, Vec<Channel>, TempDir),
        places: impl FnOnce(&[Channel]) -> Vec<LoadNode>,
    ) -> Self {
        let load = SessionLoad::start(SEED, &places(&channels)).await;
        let scene = Self { environment: around, nodes, channels, load, directory, started: Stopwatch::start() };
        scene.wait_for_cache_hits().await;
        scene
    }

    /// Injects the fault once, or repeatedly in a soak.
    pub async fn repeat_fault(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        loop {
            fault(self).await;
            self.wait_for_cache_hits().await;
            if self.started.elapsed() >= soak_duration() {
                break;
            }
        }
    }

    /// Injects the fault until a violation occurs.
    pub async fn repeat_until_violation(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        for _ in 0..MAX_STRIKES {
            fault(self).await;
            if !self.load.report(MAX_STALENESS).violations.is_empty() {
                break;
            }
        }
    }

    pub async fn wait_for_cache_hits(&self) {
        for channel in &self.channels {
            wait_for_source(channel, Source::Cache).await;
        }
    }

    /// Ends the run and asserts that there was no violation.
    pub async fn assert_no_violations(self, name: &str) {
        self.assert_no_violations_then(name, async |_| {}).await;
    }

    /// Does the same as [`assert_no_violations`](Self::assert_no_violations). After the load, and before the nodes stop,
    /// it runs `inspect`.
    pub async fn assert_no_violations_then(self, name: &str, inspect: impl AsyncFnOnce(&[Channel])) {
        let report = self.load.stop(MAX_STALENESS).await;
        print_row(name, &report);
        report.assert_valid();
        inspect(&self.channels).await;
        for node in self.nodes {
            node.stop().await;
        }
    }

    /// Ends the run and asserts that there was a violation for which `is_expected` returns true.
    pub async fn assert_violation(self, name: &str, is_expected: impl Fn(&HistoryViolation) -> bool) {
        let report = self.load.stop(MAX_STALENESS).await;
        print_row(name, &report);
        let (count, first) = (report.violations.len(), report.violations.first());
        assert!(
            report.violations.iter().any(is_expected),
            "none of {count} violations is expected, the first is {first:?}"
        );
    }
}

impl HistoryReport {
    /// Asserts that there was no violation and that there were enough calls.
    #[track_caller]
    pub fn assert_valid(&self) {
        assert_eq!(self.violations, []);
        assert!(self.from_memory > 0 && self.revocations > 0, "{self:?}");
    }
}

/// Starts nodes of one installation, each on its URL.
pub async fn start_nodes(urls: &[String]) -> (Vec<Node>, Vec<Channel>, TempDir) {
    start_nodes_with(urls, &[]).await
}

/// Starts nodes with further settings.
pub async fn start_nodes_with(urls: &[String], more: &[(&str, &str)]) -> (Vec<Node>, Vec<Channel>, TempDir) {
    start_nodes_with_clocks(urls, more, |_| Arc::new(SystemClock)).await
}

/// Starts nodes with separate clocks.
pub async fn start_nodes_with_clocks(
    urls: &[String],
    more: &[(&str, &str)],
    clock: impl Fn(NodeNumber) -> Arc<dyn Clock>,
) -> (Vec<Node>, Vec<Channel>, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut nodes, mut channels) = (Vec::new(), Vec::new());
    for (number, url) in urls.iter().enumerate() {
        let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none"), ("SERVER__REQUEST_TIMEOUT", "2s")];
        let settings = [&settings[..], more].concat();
        let node = start_node(&directory, &settings, clock(number)).await;
        channels.push(channel_to(&node).await);
        nodes.push(node);
    }
    (nodes, channels, directory)
}

/// Makes every node change and validate sessions.
pub fn load_nodes(channels: &[Channel]) -> Vec<LoadNode> {
    let place = |node: &Channel| LoadNode { changes: Some(node.clone()), validates: Some(Arc::new(node.clone())) };
    channels.iter().map(place).collect()
}

/// Waits until the node validates a session from the given source.
pub async fn wait_for_source(channel: &Channel, from: Source) {
    let mut witness = None;
    until("the node validates from the expected source", async || {
        if witness.is_none() {
            witness = WitnessSession::sign_in(channel).await;
        }
        match &witness {
            Some(witness) => witness.source(channel).await == Some(from),
            None => false,
        }
    })
    .await;
}

/// A session that is never ended.
pub struct WitnessSession(String);

impl WitnessSession {
    pub async fn sign_in(channel: &Channel) -> Option<Self> {
        let created = SessionServiceClient::new(channel.clone()).create(login_of("witness")).await;
        created.ok().map(|created| Self(created.into_inner().token))
    }

    /// Returns the source of a node's verdict, if there is a verdict.
    pub async fn source(&self, channel: &Channel) -> Option<Source> {
        self.verdict(channel).await.ok().map(|answer| answer.source())
    }

    /// Waits until there is no verdict and the node reports that it is not ready.
    pub async fn wait_until_unavailable(&self, channel: &Channel) {
        until("there is no verdict", async || {
            self.verdict(channel).await.is_err_and(|status| status.code() == Code::Unavailable)
        })
        .await;
    }

    /// Checks that no node gives a verdict or takes a login, now and after a while.
    pub async fn assert_stays_unavailable(&self, nodes: &[Channel]) {
        for node in nodes {
            self.wait_until_unavailable(node).await;
        }
        wait_a_while().await;
        for node in nodes {
            self.wait_until_unavailable(node).await;
            assert!(Self::sign_in(node).await.is_none(), "no login succeeds");
        }
    }

    async fn verdict(&self, channel: &Channel) -> Result<ValidateResponse, Status> {
        let request = ValidateRequest { token: self.0.clone(), ..ValidateRequest::default() };
        SessionServiceClient::new(channel.clone()).validate(request).await.map(Response::into_inner)
    }
}

/// Lets the load run for a while.
pub async fn wait_a_while() {
    tokio::time::sleep(FAULT_DURATION).await;
}

/// Prints a row of the table of `make soak`.
pub fn print_row(name: &str, report: &HistoryReport) {
    writeln!(std::io::stdout(), "| {name} | {report} |").expect("standard output");
}
