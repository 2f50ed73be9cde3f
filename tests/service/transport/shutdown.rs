//! Connections that must not delay a shutdown.

use std::{sync::Arc, time::Duration};

use session_authority::{
    api::{ListRequest, ValidateRequest, session_service_client::SessionServiceClient},
    clock::{Stopwatch, SystemClock},
};
use tokio::net::TcpStream;
use tonic::Code;

use super::{h2_client::H2Client, h2_stream::NORMAL_WINDOW, raw_tls::shaken, tls::serving_tls, wait_until_closed};
use crate::{
    service::{
        admission::partial_request::RawConnection,
        fixture::{TestService, eventually, login_of, start_node},
        management::get,
    },
    support::{
        certificates::ServerCertificate,
        proxy::{ProxyDirection, TcpProxy},
        redis::RedisServer,
    },
};

/// Timeouts far longer than these tests take. Half of the deadline is the former grace period of connections.
const LONG_TIMEOUTS: [(&str, &str); 4] = [
    ("SHUTDOWN__DEADLINE", "10m"),
    ("SERVER__UNAUTHENTICATED_TIMEOUT", "10m"),
    ("SERVER__KEEPALIVE_TIMEOUT", "1m"),
    ("SERVER__REQUEST_TIMEOUT", "3s"),
];

/// Requires that the work takes far less than half of the deadline.
async fn before_deadline<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), work).await.expect("an end long before the deadline")
}

#[tokio::test]
async fn silent_connections_do_not_hold_up_the_shutdown() {
    let (directory, certificate) = (tempfile::tempdir().expect("a directory"), ServerCertificate::generate());
    let files = serving_tls(&directory, &certificate);
    let files: Vec<_> = files.iter().map(|(name, file)| (*name, file.as_str())).collect();
    let clock = Arc::new(SystemClock);
    let node = start_node(&directory, &[files.as_slice(), &LONG_TIMEOUTS].concat(), clock).await;
    let mut silent = vec![TcpStream::connect(node.grpc).await.expect("a connection")];
    for _ in 0..3 {
        silent.push(shaken(node.grpc, &certificate.authority, &["h2"], b"").await);
    }
    assert!(before_deadline(node.stop()).await, "an orderly shutdown");
    for stream in silent {
        wait_until_closed(stream).await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_up_the_shutdown() {
    let service = TestService::start(None, &LONG_TIMEOUTS).await;
    service.login("ann").await;
    let mut unread = H2Client::connect(service.node.grpc, 0).await;
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    let answer = unread.call("/session.v1.SessionService/List", None, &list).await.expect("the response starts");
    assert!(!answer.headers().contains_key("grpc-status"), "{:?}", answer.headers());
    assert!(before_deadline(service.node.stop()).await, "an orderly shutdown");
    unread.wait_until_ended().await;
}

#[tokio::test]
async fn half_a_request_of_a_stranger_does_not_hold_up_the_shutdown() {
    let service = TestService::start(None, &[&LONG_TIMEOUTS[..], &[("SERVER__MESSAGE_TIMEOUT", "1m")]].concat()).await;
    let mut stranger = RawConnection::open(service.node.grpc).await;
    let half = stranger.begin("grpc.health.v1.Health/Check", None).await;
    eventually("its message is being received", || async {
        let (_, metrics) = get(service.node.management, "/metrics").await;
        metrics.contains("session_authority_admission_permits_in_use{budget=\"unauthenticated\"} 1\n")
    })
    .await;
    // Half of the time that the message may take.
    let stopped = tokio::time::timeout(Duration::from_secs(30), service.node.stop()).await;
    assert_eq!(stopped, Ok(true), "an orderly shutdown before the message is overdue");
    drop(half);
}

/// A delay longer than everything else that a node does when it stops.
const DELAY: (&str, &str) = ("SHUTDOWN__DELAY", "2s");

#[tokio::test]
async fn a_node_that_was_ready_takes_calls_for_the_whole_delay() {
    let settings = [DELAY, ("SERVER__UNAUTHENTICATED_TIMEOUT", "3s")];
    let directory = tempfile::tempdir().expect("a directory");
    let node = start_node(&directory, &settings, Arc::new(SystemClock)).await;
    eventually("the node is ready", || async { get(node.management, "/readyz").await.0 == 200 }).await;
    // There is no call for longer than the delay, as on a node that its load balancer has just added.
    wait_until_closed(TcpStream::connect(node.grpc).await.expect("a connection")).await;
    let begun = Stopwatch::start();
    assert!(node.stop().await, "an orderly shutdown");
    assert!(begun.elapsed() >= Duration::from_secs(2), "it stopped after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_call_under_way_is_answered_during_the_shutdown() {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    let url = redis.url_through(proxy.address());
    let settings = [("STORE__URL", url.as_str()), ("STORE__RESPONSE_TIMEOUT", "1m"), ("CACHE__ENABLED", "false")];
    let patient = [&LONG_TIMEOUTS[..3], &[("SERVER__REQUEST_TIMEOUT", "1m")], &settings].concat();
    let TestService { node, channel, directory, redis: _redis, .. } = TestService::start(Some(redis), &patient).await;
    let created = SessionServiceClient::new(channel.clone()).create(login_of("ann")).await.expect("a session");
    let token = created.into_inner().token;
    let mut caller = H2Client::connect(node.grpc, NORMAL_WINDOW).await;
    proxy.freeze(ProxyDirection::Replies);
    let (grpc, request) = (node.grpc, ValidateRequest { token, ..ValidateRequest::default() });
    let (stopped, code) = before_deadline(async {
        tokio::join!(node.stop(), async {
            tokio::join!(caller.status("/session.v1.SessionService/Validate", None, &request), async {
                // No connection is accepted any more: the node is stopping, and the call is in flight.
                while TcpStream::connect(grpc).await.is_ok() {
                    tokio::task::yield_now().await;
                }
                proxy.thaw(ProxyDirection::Replies);
            })
            .0
        })
    })
    .await;
    assert!(stopped, "an orderly shutdown");
    assert_eq!(code, Some(Code::Ok));
    drop(directory);
}
