//! Streams end when the credential that opened them does.

use session_authority::{
    api::{StreamAlertsRequest, ValidateRequest, ValidateStreamRequest, session_service_client::SessionServiceClient},
    domain::CallerRole,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming, transport::Channel};

use super::{LOGIN, MutualTlsNode, list};
use crate::{
    alerts::fixture::within,
    service::{
        fixture::{eventually, signed},
        management::get,
    },
    support::certificates::CertificateAuthority,
};

/// An open `ValidateStream`.
pub struct CheckStream {
    requests: mpsc::Sender<ValidateStreamRequest>,
    answers: Streaming<session_authority::api::ValidateStreamResponse>,
}

impl CheckStream {
    pub async fn open(channel: &Channel) -> Self {
        let (requests, to_send) = mpsc::channel(1);
        let request = Request::new(ReceiverStream::new(to_send));
        let opened = SessionServiceClient::new(channel.clone()).validate_stream(request).await.expect("a stream");
        let mut stream = Self { requests, answers: opened.into_inner() };
        stream.check().await;
        stream
    }

    /// Waits for the answer to one check.
    pub async fn check(&mut self) {
        let request = ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() };
        let request = ValidateStreamRequest { tag: 1, request: Some(request) };
        self.requests.send(request).await.expect("an open stream");
        within("an answer", self.answers.message()).await.expect("an open stream").expect("an answer");
    }

    pub async fn end(&mut self) -> Status {
        within("the stream ends", self.answers.message()).await.expect_err("the stream ends with a status")
    }
}

#[tokio::test]
async fn streams_end_when_a_spiffe_id_is_revoked() {
    let node = MutualTlsNode::start(&[]).await;
    let channel = node.connect_login().await;
    let mut stream = CheckStream::open(&channel).await;
    let gateway = "spiffe://example.org/gateway";
    node.ring.add_spiffe_id("gateway", CallerRole::Validator, &[], gateway);
    let other = node.connect(Some(&node.clients.issue_client(&[gateway]))).await.expect("a connection");
    eventually("the other caller is known", async || {
        list(&other).await.expect_err("a validator may not list").code() == Code::PermissionDenied
    })
    .await;
    let mut untouched = CheckStream::open(&other).await;

    node.ring.revoke("login");
    let status = stream.end().await;
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "the SPIFFE ID of the client certificate was revoked");
    untouched.check().await;
}

#[tokio::test]
async fn an_alert_stream_ends_long_before_its_heartbeat_when_its_key_is_revoked() {
    let node = MutualTlsNode::start(&[("ALERTS__HEARTBEAT_INTERVAL", "15s")]).await;
    let key = node.ring.add("mailer", CallerRole::Alerts, &[]);
    let channel = node.connect(None).await.expect("a connection");
    let open = || SessionServiceClient::new(channel.clone());
    eventually("the key is known", async || {
        open().stream_alerts(signed(&key, StreamAlertsRequest::default())).await.is_ok()
    })
    .await;
    let opened = open().stream_alerts(signed(&key, StreamAlertsRequest::default())).await.expect("a stream");
    let mut alerts = opened.into_inner();
    within("a heartbeat", alerts.message()).await.expect("an open stream");
    node.ring.revoke("mailer");
    let end = tokio::time::timeout(std::time::Duration::from_secs(10), alerts.message()).await;
    let status = end.expect("an end before the next heartbeat").expect_err("the stream ends with a status");
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "the API key was revoked"));
}

/// Removing the authority revokes all of its certificates. The counterpart: a stream whose authority stays.
#[tokio::test]
async fn streams_and_calls_end_when_the_authority_is_removed() {
    let node = MutualTlsNode::start(&[]).await;
    let next = CertificateAuthority::generate();
    node.replace("clients.pem", &format!("{}{}", node.clients.certificate, next.certificate));
    let renewed = next.issue_client(&[LOGIN]);
    eventually("certificates of both authorities are accepted", async || match node.connect(Some(&renewed)).await {
        Ok(channel) => list(&channel).await.is_ok(),
        Err(_) => false,
    })
    .await;
    let (old, new) = (node.connect_login().await, node.connect(Some(&renewed)).await.expect("a connection"));
    let (mut removed, mut kept) = (CheckStream::open(&old).await, CheckStream::open(&new).await);

    node.replace("clients.pem", &next.certificate);
    let status = removed.end().await;
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "the authority of the client certificate is no longer trusted");
    assert_eq!(list(&old).await.expect_err("also for calls").code(), Code::Unauthenticated);
    kept.check().await;
    list(&new).await.expect("the other authority stays");
    let refused = match node.connect(Some(&node.clients.issue_client(&[LOGIN]))).await {
        Err(_) => true,
        Ok(channel) => list(&channel).await.is_err(),
    };
    assert!(refused, "and for new connections");
    let (_, metrics) = get(node.node.management, "/metrics").await;
    assert!(metrics.contains("caller_auth_failures_total{reason=\"certificate_untrusted\"} "), "{metrics}");
}
