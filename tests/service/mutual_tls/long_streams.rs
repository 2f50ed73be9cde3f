//! Every kind of stream ends when the access of its client does, whatever ends it, and no other stream ends with it.

use std::time::Duration;

use session_authority::{
    api::{StreamAlertsRequest, StreamAlertsResponse, session_service_client::SessionServiceClient},
    domain::CallerRole,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{LOGIN, MutualTlsNode, list, streams::CheckStream};
use crate::{
    alerts::fixture::within,
    service::fixture::{eventually, signed},
    support::certificates::{CertificateAuthority, IssuedCertificate},
};

const SIEM: &str = "spiffe://example.org/siem";

/// A stream of the reflection service.
struct ReflectionStream {
    requests: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

impl ReflectionStream {
    async fn open(channel: &Channel, key: &str) -> Result<Self, Status> {
        let (requests, to_send) = mpsc::channel(1);
        let to_send = ReceiverStream::new(to_send);
        let request = if key.is_empty() { Request::new(to_send) } else { signed(key, to_send) };
        let opened = ServerReflectionClient::new(channel.clone()).server_reflection_info(request).await?;
        let mut stream = Self { requests, answers: opened.into_inner() };
        stream.ask().await;
        Ok(stream)
    }

    async fn ask(&mut self) {
        let message_request = Some(MessageRequest::ListServices(String::new()));
        self.requests.send(ServerReflectionRequest { host: String::new(), message_request }).await.expect("a stream");
        within("an answer", self.answers.message()).await.expect("an open stream").expect("an answer");
    }
}

/// Waits until a stream ends. Returns its status.
async fn end_of<T>(what: &str, stream: &mut Streaming<T>) -> Status {
    let end = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{what} ended without an error"),
                Err(status) => return status,
            }
        }
    };
    within(what, end).await
}

/// One stream of each kind of a client that presents certificates of `authority`.
struct OpenStreams {
    checks: CheckStream,
    reflection: ReflectionStream,
    watch: Streaming<HealthCheckResponse>,
    alerts: Streaming<StreamAlertsResponse>,
}

impl OpenStreams {
    /// Opens them with the certificates of an issuer and of a consumer of alerts.
    async fn open(node: &MutualTlsNode, login: &IssuedCertificate, siem: &IssuedCertificate) -> Self {
        let login = node.connect(Some(login)).await.expect("a connection");
        let siem = node.connect(Some(siem)).await.expect("a connection");
        let watch = HealthClient::new(login.clone()).watch(HealthCheckRequest::default()).await.expect("a stream");
        let alerts =
            async || SessionServiceClient::new(siem.clone()).stream_alerts(StreamAlertsRequest::default()).await;
        eventually("the consumer is known", async || alerts().await.is_ok()).await;
        Self {
            checks: CheckStream::open(&login).await,
            reflection: ReflectionStream::open(&login, "").await.expect("a stream"),
            watch: watch.into_inner(),
            alerts: alerts().await.expect("a stream").into_inner(),
        }
    }

    /// Requires that each of them is still open.
    async fn assert_open(&mut self) {
        self.checks.check().await;
        self.reflection.ask().await;
        for is_open in [
            tokio::time::timeout(Duration::from_millis(50), end_of("health", &mut self.watch)).await.is_err(),
            tokio::time::timeout(Duration::from_millis(50), end_of("alerts", &mut self.alerts)).await.is_err(),
        ] {
            assert!(is_open);
        }
    }

    /// Requires that the streams of callers end for `reason`, and `Watch` because of its connection.
    async fn assert_ended(mut self, reason: &str) {
        for status in [
            self.checks.end().await,
            end_of("reflection", &mut self.reflection.answers).await,
            end_of("alerts", &mut self.alerts).await,
        ] {
            assert_eq!((status.code(), status.message()), (Code::Unauthenticated, reason));
        }
        let status = end_of("health", &mut self.watch).await;
        let text = "the client certificate of this connection has expired or is no longer trusted";
        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, text));
    }
}

/// Starts a node with the callers of [`OpenStreams`].
async fn start() -> MutualTlsNode {
    let node = MutualTlsNode::start(&[("ALERTS__HEARTBEAT_INTERVAL", "15s")]).await;
    node.ring.add_spiffe_id("siem", CallerRole::Alerts, &[], SIEM);
    node
}

#[tokio::test]
async fn all_streams_end_when_the_certificate_expires() {
    let node = start().await;
    let issue = |id| node.clients.issue_client_in(1975..2028, &[id]);
    let expiring = OpenStreams::open(&node, &issue(LOGIN), &issue(SIEM)).await;
    let issue = |id| node.clients.issue_client(&[id]);
    let mut lasting = OpenStreams::open(&node, &issue(LOGIN), &issue(SIEM)).await;
    node.clock.advance(Duration::from_hours(24 * 365));
    expiring.assert_ended("the client certificate has expired; connect again with a new one").await;
    lasting.assert_open().await;
}

#[tokio::test]
async fn all_streams_end_when_the_authority_is_removed() {
    let node = start().await;
    let next = CertificateAuthority::generate();
    node.replace("clients.pem", &format!("{}{}", node.clients.certificate, next.certificate));
    let renewed = next.issue_client(&[LOGIN]);
    eventually("certificates of both authorities are accepted", async || match node.connect(Some(&renewed)).await {
        Ok(channel) => list(&channel).await.is_ok(),
        Err(_) => false,
    })
    .await;
    let issue = |id| node.clients.issue_client(&[id]);
    let removed = OpenStreams::open(&node, &issue(LOGIN), &issue(SIEM)).await;
    let mut kept = OpenStreams::open(&node, &renewed, &next.issue_client(&[SIEM])).await;
    node.replace("clients.pem", &next.certificate);
    removed.assert_ended("the authority of the client certificate is no longer trusted").await;
    kept.assert_open().await;
}

/// `Watch` needs no caller, so it stays. It tells nothing but whether the node serves.
#[tokio::test]
async fn reflection_ends_when_its_key_or_spiffe_id_is_revoked_and_watch_stays() {
    let node = start().await;
    let channel = node.connect_login().await;
    let mut by_certificate = ReflectionStream::open(&channel, "").await.expect("a stream");
    let watch = HealthClient::new(channel).watch(HealthCheckRequest::default()).await.expect("a stream");
    let (tool, other) =
        (node.ring.add("tool", CallerRole::Alerts, &[]), node.ring.add("other", CallerRole::Alerts, &[]));
    let anonymous = node.connect(None).await.expect("a connection");
    eventually("the keys are known", async || ReflectionStream::open(&anonymous, &other).await.is_ok()).await;
    let mut by_key = ReflectionStream::open(&anonymous, &tool).await.expect("a stream");
    let mut untouched = ReflectionStream::open(&anonymous, &other).await.expect("a stream");

    node.ring.revoke("tool");
    node.ring.revoke("login");
    let status = end_of("reflection", &mut by_key.answers).await;
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "the API key was revoked"));
    let status = end_of("reflection", &mut by_certificate.answers).await;
    let text = "the SPIFFE ID of the client certificate was revoked";
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, text));
    untouched.ask().await;
    let mut watch = watch.into_inner();
    let ended = tokio::time::timeout(Duration::from_millis(50), end_of("health", &mut watch)).await;
    assert!(ended.is_err(), "{ended:?}");
}
