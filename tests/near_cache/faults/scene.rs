//! Nodes of one installation with calls under way, and what can be broken around them.

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
    history::{NodeNumber, Report, Violation},
    load::{Load, Place},
};
use crate::{
    service::fixture::{channel_to, login_of, start_node},
    support::{proxy::TcpProxy, redis::RedisServer, redis_cluster::until, soak::soak},
};

pub const SEED: u64 = 20_260_131;

/// How long a fault lasts: several times the bound, and longer than a call waits for the store.
pub const SPELL: Duration = Duration::from_millis(1_200);

/// A violation may take several strikes to show on a busy machine.
const MOST_STRIKES: usize = 30;

/// Nodes on `around`.
pub struct Scene<A> {
    pub around: A,
    pub nodes: Vec<Node>,
    pub channels: Vec<Channel>,
    pub load: Load,
    /// The keys of the nodes.
    pub directory: TempDir,
    begun: Stopwatch,
}

/// A Redis, with a proxy between it and the first node.
pub struct Proxied {
    pub redis: RedisServer,
    pub proxy: TcpProxy,
}

impl Scene<Proxied> {
    /// Two nodes on a Redis.
    pub async fn on(redis: RedisServer) -> Self {
        let proxy = TcpProxy::to(redis.address()).await;
        Self::proxied(redis, proxy).await
    }

    /// The same with a proxy that strikes only the connection that tells of changes.
    pub async fn aiming_at_what_tells(redis: RedisServer) -> Self {
        let proxy = TcpProxy::to(redis.address()).await;
        proxy.aim_at("TRACKING");
        Self::proxied(redis, proxy).await
    }

    async fn proxied(redis: RedisServer, proxy: TcpProxy) -> Self {
        let urls = [redis.url_through(proxy.address()), redis.url()];
        Self::start(Proxied { redis, proxy }, &urls).await
    }
}

impl<A> Scene<A> {
    /// A node for each URL, all of them answering from memory.
    pub async fn start(around: A, urls: &[String]) -> Self {
        Self::start_with(around, urls, &[]).await
    }

    /// As [`start`](Self::start), with further settings.
    pub async fn start_with(around: A, urls: &[String], settings: &[(&str, &str)]) -> Self {
        Self::under_load(around, start_nodes_with(urls, settings).await, places).await
    }

    /// Starts the load on nodes that are running.
    pub async fn under_load(
        around: A,
        (nodes, channels, directory): (Vec<Node>, Vec<Channel>, TempDir),
        places: impl FnOnce(&[Channel]) -> Vec<Place>,
    ) -> Self {
        let load = Load::start(SEED, &places(&channels)).await;
        let scene = Self { around, nodes, channels, load, directory, begun: Stopwatch::start() };
        scene.answers_from_memory().await;
        scene
    }

    /// Strikes once, and everything is as before; in a soak again and again.
    pub async fn again_and_again(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        loop {
            fault(self).await;
            self.answers_from_memory().await;
            if self.begun.elapsed() >= soak() {
                break;
            }
        }
    }

    /// Strikes until something happened that must not.
    pub async fn until_wrong(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        for _ in 0..MOST_STRIKES {
            fault(self).await;
            if !self.load.report(MAX_STALENESS).violations.is_empty() {
                break;
            }
        }
    }

    pub async fn answers_from_memory(&self) {
        for channel in &self.channels {
            answers(channel, Source::Cache).await;
        }
    }

    /// Ends it; what happened was right.
    pub async fn was_right(self, name: &str) {
        let report = self.load.stop(MAX_STALENESS).await;
        tell(name, &report);
        report.is_right();
        for node in self.nodes {
            node.stop().await;
        }
    }

    /// Ends it; what happened has a violation that `is_expected`.
    pub async fn was_wrong(self, name: &str, is_expected: impl Fn(&Violation) -> bool) {
        let report = self.load.stop(MAX_STALENESS).await;
        tell(name, &report);
        let (count, first) = (report.violations.len(), report.violations.first());
        assert!(report.violations.iter().any(is_expected), "none of {count} is, the first is {first:?}");
    }
}

impl Report {
    /// Nothing happened that must not, and enough happened.
    #[track_caller]
    pub fn is_right(&self) {
        assert_eq!(self.violations, []);
        assert!(self.from_memory > 0 && self.revocations > 0, "{self:?}");
    }
}

/// Nodes of one installation, each on a URL of its own.
pub async fn start_nodes(urls: &[String]) -> (Vec<Node>, Vec<Channel>, TempDir) {
    start_nodes_with(urls, &[]).await
}

/// The same with further settings.
pub async fn start_nodes_with(urls: &[String], more: &[(&str, &str)]) -> (Vec<Node>, Vec<Channel>, TempDir) {
    start_nodes_by(urls, more, |_| Arc::new(SystemClock)).await
}

/// The same, each with a clock of its own.
pub async fn start_nodes_by(
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

/// Sessions are changed and validated on every node.
pub fn places(channels: &[Channel]) -> Vec<Place> {
    let place = |node: &Channel| Place { changes: Some(node.clone()), validates: Some(Arc::new(node.clone())) };
    channels.iter().map(place).collect()
}

/// Waits until a session is validated there from memory, or not from memory any more.
pub async fn answers(channel: &Channel, from: Source) {
    let mut witness = None;
    until("the node answers as it should", async || {
        if witness.is_none() {
            witness = Witness::sign_in(channel).await;
        }
        match &witness {
            Some(witness) => witness.source(channel).await == Some(from),
            None => false,
        }
    })
    .await;
}

/// A session that nobody ends.
pub struct Witness(String);

impl Witness {
    pub async fn sign_in(channel: &Channel) -> Option<Self> {
        let created = SessionServiceClient::new(channel.clone()).create(login_of("witness")).await;
        created.ok().map(|created| Self(created.into_inner().token))
    }

    /// Where a node's verdict comes from, if there is one.
    pub async fn source(&self, channel: &Channel) -> Option<Source> {
        self.verdict(channel).await.ok().map(|answer| answer.source())
    }

    /// Waits until there is none, and the node says so by itself.
    pub async fn is_unavailable(&self, channel: &Channel) {
        until("there is no verdict", async || {
            self.verdict(channel).await.is_err_and(|status| status.code() == Code::Unavailable)
        })
        .await;
    }

    async fn verdict(&self, channel: &Channel) -> Result<ValidateResponse, Status> {
        let request = ValidateRequest { token: self.0.clone(), ..ValidateRequest::default() };
        SessionServiceClient::new(channel.clone()).validate(request).await.map(Response::into_inner)
    }
}

/// Lets calls go on for a while.
pub async fn a_while() {
    tokio::time::sleep(SPELL).await;
}

/// A row of the table that `make soak` shows.
pub fn tell(name: &str, report: &Report) {
    writeln!(std::io::stdout(), "| {name} | {report} |").expect("standard output");
}
