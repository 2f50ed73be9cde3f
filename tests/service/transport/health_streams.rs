//! `grpc.health.v1/Watch`, which needs no key.

use std::{sync::Arc, time::Duration};

use session_authority::clock::SystemClock;
use tonic::{Code, Streaming, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::h2_client::H2Client;
use crate::service::fixture::{TestService, channel_to, error_parts, eventually, start_node};

/// The machine may be busy with other tests.
const LONG_UNAUTHENTICATED_TIMEOUT: (&str, &str) = ("SERVER__UNAUTHENTICATED_TIMEOUT", "10m");
const WATCH: &str = "/grpc.health.v1.Health/Watch";

async fn watch(channel: &Channel) -> Result<Streaming<HealthCheckResponse>, tonic::Status> {
    HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_watch_follows_the_health_of_the_node() {
    let directory = tempfile::tempdir().expect("a directory");
    let node = start_node(&directory, &[LONG_UNAUTHENTICATED_TIMEOUT], Arc::new(SystemClock)).await;
    let mut health = watch(&channel_to(&node).await).await.expect("a stream");
    let mut next = async || health.message().await.map(|response| response.expect("a response").status());
    while next().await.expect("a status") != ServingStatus::Serving {}
    let (stopped, ended) = tokio::join!(node.stop(), async {
        while next().await.is_ok_and(|status| status != ServingStatus::NotServing) {}
        next().await
    });
    assert!(stopped);
    assert_eq!(ended.expect_err("the end").code(), Code::Unavailable);
}

#[tokio::test]
async fn a_service_that_does_not_exist_has_no_health() {
    let service = TestService::on_sqlite().await;
    let request = HealthCheckRequest { service: "session.v1.Nonsense".to_owned() };
    let mut health = HealthClient::new(service.channel.clone());
    assert_eq!(health.check(request.clone()).await.expect_err("no such service").code(), Code::NotFound);
    assert_eq!(health.watch(request).await.expect_err("no such service").code(), Code::NotFound);
}

#[tokio::test]
async fn a_connection_has_four_watches_at_a_time() {
    let service = TestService::start(None, &[LONG_UNAUTHENTICATED_TIMEOUT]).await;
    let mut watches = Vec::new();
    for _ in 0..4 {
        watches.push(watch(&service.channel).await.expect("a stream"));
    }
    let refused = watch(&service.channel).await.expect_err("one too many");
    assert_eq!(error_parts(&refused), (Code::ResourceExhausted, "OVERLOADED".into(), vec![]));
    watch(&channel_to(&service.node).await).await.expect("on another connection");
    watches.pop();
    eventually("the node has noticed the end", || async { watch(&service.channel).await.is_ok() }).await;
}

#[tokio::test]
async fn unread_watches_are_cut() {
    // The four watches that a connection may have.
    let service =
        TestService::start(None, &[("SERVER__STREAM_WRITE_TIMEOUT", "200ms"), LONG_UNAUTHENTICATED_TIMEOUT]).await;
    let mut client = H2Client::connect(service.node.grpc, 0).await;
    let mut unread = Vec::new();
    let mut open = async || {
        let response = client.call(WATCH, None, &HealthCheckRequest::default()).await.expect("a connection");
        (!response.headers().contains_key("grpc-status")).then_some(response)
    };
    for _ in 0..4 {
        unread.push(open().await.expect("a stream"));
    }
    while open().await.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
