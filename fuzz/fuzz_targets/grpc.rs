//! A whole node, which receives calls with arbitrary frames, messages and headers over HTTP/2. Every call must be
//! answered, and no task of the node may panic.

#![no_main]

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use session_authority::{
    app::{Node, NodeEnvironment},
    clock::{Clock, SystemClock},
    config::{Config, ConfigSources},
    entropy::SystemEntropy,
    telemetry::metrics::Metrics,
    transport::grpc::methods::METHODS,
};
use tempfile::TempDir;
use tokio::{net::TcpStream, runtime::Runtime, sync::Mutex, time::timeout};

/// The time within which every call must be answered.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time for which an open stream is read.
const STREAM_READ_TIME: Duration = Duration::from_millis(2);

struct Target {
    runtime: Runtime,
    node: Node,
    connection: Mutex<Option<SendRequest<Bytes>>>,
    _directory: TempDir,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let settings = [("LISTEN", "127.0.0.1:0"), ("MANAGEMENT__LISTEN", "127.0.0.1:0"), ("SHUTDOWN__DELAY", "0s")];
    let variables = settings.map(|(name, value)| (format!("{}{name}", ConfigSources::PREFIX), value));
    let sources = ConfigSources::default().with_environment(variables);
    let config = Config::development(sources, directory.path(), &SystemEntropy).expect("a configuration");
    let metrics = Arc::new(Metrics::new(SystemClock.now()));
    let environment = NodeEnvironment {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        metrics,
        accept_clock: false,
    };
    let node = runtime.block_on(Node::start(config, environment)).expect("a node");
    Target { runtime, node, connection: Mutex::new(None), _directory: directory }
});

impl Target {
    /// Returns the open connection, or a new one if the node has closed it.
    async fn connect(&self) -> SendRequest<Bytes> {
        let mut connection = self.connection.lock().await;
        if let Some(open) = connection.take()
            && let Ok(ready) = open.ready().await
        {
            return connection.insert(ready).clone();
        }
        let socket = TcpStream::connect(self.node.grpc).await.expect("the node listens");
        socket.set_nodelay(true).expect("a socket");
        let (requests, driver) = h2::client::handshake(socket).await.expect("a handshake");
        tokio::spawn(driver);
        connection.insert(requests.ready().await.expect("a connection")).clone()
    }

    async fn call(&self, request: Request<()>, body: Bytes) {
        let Ok(mut requests) = self.connect().await.ready().await else { return };
        let Ok((response, mut sender)) = requests.send_request(request, false) else { return };
        if sender.send_data(body, true).is_err() {
            return;
        }
        // A reset stream is an answer as well.
        let Ok(response) = response.await else { return };
        let mut body = response.into_body();
        while let Ok(Some(Ok(data))) = timeout(STREAM_READ_TIME, body.data()).await {
            let _ = body.flow_control().release_capacity(data.len());
        }
    }
}

fuzz_target!(|input: (u8, Vec<(u8, Vec<u8>)>, bool, Vec<u8>)| {
    let (method, headers, is_framed, body) = input;
    let path = METHODS[usize::from(method) % METHODS.len()].path;
    let Ok(mut request) = Request::post(format!("http://authority/{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
    else {
        return;
    };
    const NAMES: [&str; 8] = [
        "authorization",
        "grpc-timeout",
        "grpc-encoding",
        "content-type",
        "traceparent",
        "x-request-id",
        "user-agent",
        "grpc-accept-encoding",
    ];
    for (name, value) in headers.iter().take(8) {
        let name = HeaderName::from_static(NAMES[usize::from(*name) % NAMES.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(name, value);
        }
    }
    let body = if is_framed {
        let mut framed = vec![0];
        framed.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        framed.extend_from_slice(&body);
        framed
    } else {
        body
    };
    let target = &*TARGET;
    let answered = target.runtime.block_on(async { timeout(ANSWER_TIMEOUT, target.call(request, body.into())).await });
    assert!(answered.is_ok(), "{path}: no answer");
});
