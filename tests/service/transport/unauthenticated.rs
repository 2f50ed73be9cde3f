//! Connections without an authenticated call: they are limited in number, end soon, and do not block others.

use std::{net::SocketAddr, sync::Arc};

use session_authority::{
    api::{ListRequest, ValidateRequest},
    app::Node,
    clock::SystemClock,
    domain::CallerRole,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;

use super::{
    h2_client::H2Client,
    h2_stream::NORMAL_WINDOW,
    is_open,
    raw_tls::shaken,
    tls::{serving_tls, trusting, trusting_at},
    validate, wait_until_closed,
};
use crate::{
    service::{
        callers::{KeyRing, directory, guarded_with},
        fixture::{TestService, channel_to, start_node},
    },
    support::{
        certificates::ServerCertificate,
        raw_h2::{PREFACE, settings},
    },
};

const SHORT_UNAUTHENTICATED_TIMEOUT: (&str, &str) = ("SERVER__UNAUTHENTICATED_TIMEOUT", "2s");
const LONG_UNAUTHENTICATED_TIMEOUT: (&str, &str) = ("SERVER__UNAUTHENTICATED_TIMEOUT", "10m");
const VALIDATE: &str = "/session.v1.SessionService/Validate";
const CHECK: &str = "/grpc.health.v1.Health/Check";

fn nonsense() -> ValidateRequest {
    ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() }
}

/// Opens connections that stop after the named step.
async fn plain(node: SocketAddr) -> Vec<(&'static str, TcpStream)> {
    let mut connections = Vec::new();
    for (what, bytes) in [
        ("silent", Vec::new()),
        ("half a preface", PREFACE[..12].to_vec()),
        ("a preface", PREFACE.to_vec()),
        ("a preface and settings", [PREFACE, &settings()].concat()),
    ] {
        let mut stream = TcpStream::connect(node).await.expect("a connection");
        stream.write_all(&bytes).await.expect("bytes are taken");
        connections.push((what, stream));
    }
    connections
}

async fn over_tls(node: SocketAddr, authority: &str) -> Vec<(&'static str, TcpStream)> {
    let settings: &'static [u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let mut connections = vec![("no handshake", TcpStream::connect(node).await.expect("a connection"))];
    let beginnings: [(&str, &'static [&'static str], &'static [u8]); 5] = [
        ("a handshake", &["h2"], b""),
        ("a handshake without ALPN", &[], b""),
        ("half a preface", &["h2"], &PREFACE[..12]),
        ("a preface", &["h2"], PREFACE),
        ("a preface and settings", &["h2"], settings),
    ];
    for (what, protocols, bytes) in beginnings {
        connections.push((what, shaken(node, authority, protocols, bytes).await));
    }
    connections
}

async fn on_tls(settings: &[(&str, &str)]) -> (Node, ServerCertificate, TempDir) {
    let (directory, certificate) = (tempfile::tempdir().expect("a directory"), ServerCertificate::generate());
    let files = serving_tls(&directory, &certificate);
    let files: Vec<_> = files.iter().map(|(name, file)| (*name, file.as_str())).collect();
    let node = start_node(&directory, &[files.as_slice(), settings].concat(), Arc::new(SystemClock)).await;
    (node, certificate, directory)
}

#[tokio::test]
async fn whatever_a_connection_begins_with_it_ends_without_an_authenticated_call() {
    let service = TestService::start(None, &[SHORT_UNAUTHENTICATED_TIMEOUT, ("SERVER__KEEPALIVE_TIMEOUT", "1m")]).await;
    let mut caller = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    assert_eq!(caller.status(VALIDATE, None, &nonsense()).await, Some(Code::Ok));
    for (what, stream) in plain(service.node.grpc).await {
        wait_until_closed(stream).await;
        assert!(caller.is_open(), "{what}");
    }
    assert_eq!(caller.status(VALIDATE, None, &nonsense()).await, Some(Code::Ok), "on the same connection");
}

#[tokio::test]
async fn over_tls_it_ends_as_soon() {
    let patient =
        [SHORT_UNAUTHENTICATED_TIMEOUT, ("SERVER__KEEPALIVE_TIMEOUT", "1m"), ("TLS__HANDSHAKE_TIMEOUT", "1m")];
    let (node, certificate, _directory) = on_tls(&patient).await;
    for (_, stream) in over_tls(node.grpc, &certificate.authority).await {
        wait_until_closed(stream).await;
    }
    validate(&trusting(&certificate.authority, &node).await.expect("TLS"), "nonsense").await.expect("a verdict");
}

/// The purpose of the limit: without it such connections stay.
#[tokio::test]
async fn without_the_limit_they_stay() {
    let service =
        TestService::start(None, &[LONG_UNAUTHENTICATED_TIMEOUT, ("MANAGEMENT__REQUEST_TIMEOUT", "1s")]).await;
    let silent = plain(service.node.grpc).await;
    // The other connection serves as a clock.
    wait_until_closed(TcpStream::connect(service.node.management).await.expect("a connection")).await;
    for (what, stream) in silent {
        assert!(is_open(&stream), "{what}");
    }
}

#[tokio::test]
async fn calls_without_a_key_do_not_count() {
    let directory = directory();
    let key = KeyRing::open(&directory).add("gateway", CallerRole::Validator, &[]);
    let service = guarded_with(directory, &[SHORT_UNAUTHENTICATED_TIMEOUT]).await;
    let mut caller = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    assert_eq!(caller.status(VALIDATE, Some(&key), &nonsense()).await, Some(Code::Ok));

    let (mut stranger, mut prober) = (
        H2Client::connect(service.node.grpc, NORMAL_WINDOW).await,
        H2Client::connect(service.node.grpc, NORMAL_WINDOW).await,
    );
    while let Some(code) = stranger.status(VALIDATE, Some("sak_nonsense"), &nonsense()).await {
        assert_eq!(code, Code::Unauthenticated);
    }
    while let Some(code) = prober.status(CHECK, None, &HealthCheckRequest::default()).await {
        assert_eq!(code, Code::Ok);
    }
    assert_eq!(caller.status(VALIDATE, Some(&key), &nonsense()).await, Some(Code::Ok), "on the same connection");
    // A caller without permission for this call is authenticated nevertheless.
    let mut other = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    let path = "/session.v1.SessionService/List";
    assert_eq!(other.status(path, Some(&key), &list).await, Some(Code::PermissionDenied));
    wait_until_closed(TcpStream::connect(service.node.grpc).await.expect("a connection")).await;
    assert_eq!(other.status(path, Some(&key), &list).await, Some(Code::PermissionDenied), "on the same connection");
}

#[tokio::test]
async fn a_client_that_connected_long_before_its_first_call_connects_again() {
    let service = TestService::start(None, &[SHORT_UNAUTHENTICATED_TIMEOUT]).await;
    let early = channel_to(&service.node).await;
    let later = TcpStream::connect(service.node.grpc).await.expect("a connection");
    wait_until_closed(later).await;
    let verdict = match validate(&early, "nonsense").await {
        // The first call may have been sent just before the client noticed that the connection was closed.
        Err(status) if matches!(status.code(), Code::Cancelled | Code::Unavailable | Code::Unknown) => {
            validate(&early, "nonsense").await
        }
        verdict => verdict,
    };
    verdict.expect("a verdict");
}

#[tokio::test]
async fn an_authenticated_connection_over_tls_outlives_the_limit() {
    let (node, certificate, _directory) = on_tls(&[SHORT_UNAUTHENTICATED_TIMEOUT]).await;
    // Accepts one connection, so the client cannot replace it unnoticed.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let (address, grpc) = (listener.local_addr().expect("an address"), node.grpc);
    let mut forwarding = JoinSet::new();
    forwarding.spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a connection");
        drop(listener);
        let mut server = TcpStream::connect(grpc).await.expect("a connection");
        // A reset is also an end of the connection.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    });
    let channel = trusting_at(&certificate.authority, address).await.expect("TLS");
    validate(&channel, "nonsense").await.expect("a verdict");
    // This connection starts later and ends without an authenticated call.
    wait_until_closed(shaken(grpc, &certificate.authority, &["h2"], b"").await).await;
    validate(&channel, "nonsense").await.expect("a verdict on the same connection");
}

#[tokio::test]
async fn fifty_silent_connections_do_not_keep_others_out() {
    let settings = [("SERVER__MAX_CONNECTIONS", "50"), LONG_UNAUTHENTICATED_TIMEOUT];
    let service = TestService::start(None, &settings).await;
    let mut caller = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    assert_eq!(caller.status(VALIDATE, None, &nonsense()).await, Some(Code::Ok));
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(TcpStream::connect(service.node.grpc).await.expect("a connection"));
    }
    validate(&channel_to(&service.node).await, "nonsense").await.expect("a newcomer is served");
    assert_eq!(caller.status(VALIDATE, None, &nonsense()).await, Some(Code::Ok), "an authenticated connection stays");
    assert!(caller.is_open());

    let (node, certificate, _directory) = on_tls(&settings).await;
    let mut shaken_hands = Vec::new();
    for _ in 0..50 {
        shaken_hands.push(shaken(node.grpc, &certificate.authority, &["h2"], b"").await);
    }
    let channel = trusting(&certificate.authority, &node).await.expect("a newcomer shakes hands");
    validate(&channel, "nonsense").await.expect("and is served");
}

#[tokio::test]
async fn a_flood_from_one_address_costs_no_other_its_connection() {
    let service =
        TestService::start(None, &[("SERVER__MAX_UNAUTHENTICATED_PER_PEER", "2"), LONG_UNAUTHENTICATED_TIMEOUT]).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.2:0".parse().expect("an address")).expect("another address of this machine");
    let bystander = socket.connect(service.node.grpc).await.expect("a connection");
    let mut flood = Vec::new();
    for _ in 0..10 {
        flood.push(TcpStream::connect(service.node.grpc).await.expect("a connection"));
    }
    let young = flood.split_off(8);
    for old in flood {
        wait_until_closed(old).await;
    }
    assert!(young.iter().all(is_open) && is_open(&bystander));
}
