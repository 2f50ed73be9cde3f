//! `/livez`, `/readyz`, `/metrics`, health and reflection: the management endpoints for operators.

use std::sync::Arc;

use prost::Message;
use session_authority::clock::SystemClock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::{
    fixture::{TestService, channel_to, eventually, start_node},
    transport::wait_until_closed,
};
use crate::support::redis::RedisServer;

/// Returns the status and the body of a GET.
pub async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    get_with(address, path, "host: localhost").await
}

/// Does the same as [`get`], with another header.
pub async fn get_with(address: std::net::SocketAddr, path: &str, header: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\n{header}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("a response");
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

#[tokio::test]
async fn a_node_whose_clock_is_right_is_ready_and_one_whose_clock_is_off_is_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let right = start_node(&directory, &[], Arc::new(SystemClock)).await;
    eventually("the node is ready", || async { get(right.management, "/readyz").await.0 == 200 }).await;
    assert_eq!(get(right.management, "/livez").await, (200, "ok\n".to_owned()));
    let health = HealthClient::new(channel_to(&right).await);
    for service in ["", "session.v1.SessionService"] {
        eventually("health reports it", || {
            let (mut health, request) = (health.clone(), HealthCheckRequest { service: service.to_owned() });
            async move { health.check(request).await.expect("health").into_inner().status() == ServingStatus::Serving }
        })
        .await;
    }

    // The fixture's clock shows another year than the store's.
    let wrong = TestService::on_sqlite().await;
    eventually("the skew is reported", || async {
        get(wrong.node.management, "/readyz").await.1.contains("clock: failed")
    })
    .await;
    assert_eq!(get(wrong.node.management, "/readyz").await.0, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_follows_the_store() {
    let redis = RedisServer::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let url = redis.url();
    let node = start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await;
    eventually("the node is ready", || async { get(node.management, "/readyz").await.0 == 200 }).await;
    redis.kill();
    eventually("the outage is reported", || async {
        get(node.management, "/readyz").await.1.contains("store: failed")
    })
    .await;
    let health = HealthClient::new(channel_to(&node).await);
    let says = async |expected: ServingStatus| {
        let mut health = health.clone();
        health.check(HealthCheckRequest::default()).await.expect("health").into_inner().status() == expected
    };
    eventually("health reports it", || says(ServingStatus::NotServing)).await;
    redis.restart().await;
    eventually("it recovers by itself", || async { get(node.management, "/readyz").await.0 == 200 }).await;
    eventually("health reports it", || says(ServingStatus::Serving)).await;
}

#[tokio::test]
async fn metrics_count_calls_and_sessions() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    service.validate(&created.token).await.expect("an active session");
    service.validate("nonsense").await.expect_err("a rejection");
    let (status, metrics) = get(service.node.management, "/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.ends_with("# EOF\n"), "the end of OpenMetrics");
    for series in
        ["session_authority_sessions_created_total 1", "method=\"session.v1.SessionService/Create\",code=\"OK\"} 1"]
    {
        assert!(metrics.contains(series), "{series} in\n{metrics}");
    }
    assert!(!metrics.contains("ann@example.com") && !metrics.contains(&created.token));
}

#[tokio::test]
async fn reflection_serves_the_contract() {
    let service = TestService::on_sqlite().await;
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(service.channel.clone())
        .server_reflection_info(tokio_stream::once(list))
        .await
        .expect("reflection")
        .into_inner();
    let answer = answers.message().await.expect("a response").expect("one").message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = services.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["SessionService", "AdminService", "DenylistService", "NotificationService"] {
        assert!(names.contains(&format!("session.v1.{name}").as_str()), "{names:?}");
    }
}

#[tokio::test]
async fn reflection_has_what_details_of_errors_are_decoded_by() {
    let service = TestService::on_sqlite().await;
    let symbols = ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo", "google.rpc.Status"];
    let requests = symbols.map(|symbol| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(symbol.to_owned())),
    });
    let mut answers = ServerReflectionClient::new(service.channel.clone())
        .server_reflection_info(tokio_stream::iter(requests))
        .await
        .expect("reflection")
        .into_inner();
    for symbol in symbols {
        let answer = answers.message().await.expect("a response").expect("one").message_response;
        let Some(MessageResponse::FileDescriptorResponse(files)) = answer else { panic!("{symbol}: {answer:?}") };
        let file = prost_types::FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).expect("a file");
        let (package, name) = symbol.rsplit_once('.').expect("a name");
        assert_eq!(file.package(), package);
        assert!(file.message_type.iter().any(|message| message.name() == name), "{symbol}");
    }
}

/// Starts a request and never completes it.
async fn begin_request(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost:").await.expect("a beginning");
    stream
}

#[tokio::test]
async fn half_a_request_is_closed_after_its_time() {
    let service = TestService::start(None, &[("MANAGEMENT__REQUEST_TIMEOUT", "200ms")]).await;
    let mute = TcpStream::connect(service.node.management).await.expect("a connection");
    wait_until_closed(mute).await;
    wait_until_closed(begin_request(service.node.management).await).await;
    // A client that never ends its request but keeps sending.
    let mut slow = begin_request(service.node.management).await;
    eventually("it is closed", || {
        let sent = slow.try_write(b"x");
        async move { sent.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock) }
    })
    .await;
    slow.shutdown().await.ok();
}

#[tokio::test]
async fn connections_beyond_the_limit_make_the_oldest_leave() {
    const LIMIT: usize = 4;
    let settings = [("MANAGEMENT__MAX_CONNECTIONS", "4"), ("MANAGEMENT__REQUEST_TIMEOUT", "10m")];
    let service = TestService::start(None, &settings).await;
    let mut begun = Vec::new();
    for _ in 0..5 * LIMIT {
        begun.push(begin_request(service.node.management).await);
    }
    assert_eq!(get(service.node.management, "/livez").await, (200, "ok\n".to_owned()), "a probe is accepted");
    let young = begun.split_off(begun.len() - (LIMIT - 1));
    for old in begun {
        wait_until_closed(old).await;
    }
    for mut stream in young {
        stream.write_all(b" x\r\nconnection: close\r\n\r\n").await.expect("the rest of the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("a response");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_shutdown() {
    let service = TestService::start(None, &[("MANAGEMENT__REQUEST_TIMEOUT", "10m")]).await;
    let half = begin_request(service.node.management).await;
    let idle = TcpStream::connect(service.node.management).await.expect("a connection");
    assert!(service.node.stop().await, "it ends before its deadline");
    wait_until_closed(half).await;
    wait_until_closed(idle).await;
}
