//! The same measurement over gRPC, with a whole node: from the response of `Create` to the receipt by callers of
//! `StreamAlerts`.
//!
//! Node and callers share this process and its cores, so the figures include decoding a thousand messages.

use std::{sync::Arc, time::Duration};

use session_authority::{
    api::{
        ClientContext, CreateRequest, StreamAlertsRequest, session_service_client::SessionServiceClient,
        stream_alerts_response::Event,
    },
    app::{Node, NodeEnvironment},
    clock::{Clock, Stopwatch, SystemClock},
    config::{Config, ConfigSources},
    entropy::SystemEntropy,
    telemetry::metrics::Metrics,
};
use tokio::{sync::mpsc, time::timeout};
use tonic::transport::Channel;

use crate::{ALERTS, SUBSCRIBERS, TIMEOUT, WARM_UP};

const CONNECTIONS: usize = 4;

/// Returns how long each subscriber waited for each alert, on the store at `url` or, without one, on the embedded
/// store. The time is zero for a subscriber that had the alert before the response to the login.
pub async fn measure_delivery(url: Option<&str>) -> Vec<Duration> {
    let directory = tempfile::tempdir().expect("a directory");
    let node = start_node(&directory, url).await;
    let mut connections = Vec::new();
    for _ in 0..=CONNECTIONS {
        let endpoint = Channel::from_shared(format!("http://{}", node.grpc)).expect("an address");
        connections.push(endpoint.connect().await.expect("a connection"));
    }
    let mut logins = SessionServiceClient::new(connections.pop().expect("a separate connection"));
    let watch = Stopwatch::start();
    let (had, mut all) = mpsc::channel(SUBSCRIBERS);
    for connection in connections.iter().cycle().take(SUBSCRIBERS) {
        let stream = SessionServiceClient::new(connection.clone()).stream_alerts(StreamAlertsRequest::default()).await;
        let mut stream = stream.expect("a stream").into_inner();
        let first = stream.message().await.expect("a stream").and_then(|message| message.event);
        assert!(matches!(first, Some(Event::Heartbeat(_))), "the stream has started");
        let had = had.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = stream.message().await {
                let at = watch.elapsed();
                if matches!(message.event, Some(Event::Alert(_))) && had.send(at).await.is_err() {
                    return;
                }
            }
        });
    }
    let mut took = Vec::new();
    for number in 0..WARM_UP + ALERTS {
        logins.create(login(number, "GB")).await.expect("a session");
        let created = logins.create(login(number, "BR")).await.expect("a session");
        let answered = watch.elapsed();
        assert_eq!(created.into_inner().alerts.len(), 1);
        for _ in 0..SUBSCRIBERS {
            let at = timeout(TIMEOUT, all.recv()).await.expect("received in time").expect("a subscriber");
            took.push(at.saturating_sub(answered));
        }
        if number < WARM_UP {
            took.clear();
        }
    }
    drop(all);
    assert!(timeout(TIMEOUT, node.stop()).await.expect("an end in time"), "an orderly end");
    took
}

async fn start_node(directory: &tempfile::TempDir, url: Option<&str>) -> Node {
    let mut settings = vec![
        ("LISTEN", "127.0.0.1:0"),
        ("MANAGEMENT__LISTEN", "127.0.0.1:0"),
        ("SHUTDOWN__DELAY", "0s"),
        ("SERVER__MAX_CONCURRENT_STREAMS", "1000"),
        ("AUDIT__URL", "none"),
        ("DETECTION__LEARNING_MIN_LOGINS", "1"),
    ];
    settings.extend(url.map(|url| ("STORE__URL", url)));
    let variables = settings.into_iter().map(|(name, value)| (format!("{}{name}", ConfigSources::PREFIX), value));
    let sources = ConfigSources::default().with_environment(variables);
    let config = Config::development(sources, directory.path(), &SystemEntropy).expect("a configuration");
    let metrics = Arc::new(Metrics::new(SystemClock.now()));
    let environment = NodeEnvironment {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        metrics,
        accept_clock: false,
    };
    Node::start(config, environment).await.expect("a node")
}

/// Builds a login. The second one of a user, from another country, raises an alert.
fn login(number: u64, country: &str) -> CreateRequest {
    let client = ClientContext { country: country.to_owned(), ..ClientContext::default() };
    CreateRequest { user_id: format!("user-{number:08}"), client: Some(client), ..CreateRequest::default() }
}
