//! The attacks. Each runs for a time and returns what became of it.

use std::{future::Future, pin::Pin, time::Duration};

use prost::bytes::Bytes;
use session_authority::clock::Stopwatch;
use test_support::raw_h2::{PREFACE, cancelled_call_frames, frame, settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::common::connection::{GrpcConnection, GrpcMethod};

const PATH: &str = "/session.v1.SessionService/Validate";
const IDLE_CONNECTIONS: usize = 10_000;
const CONTINUATION: u8 = 9;
const PING: u8 = 6;
const SETTINGS: u8 = 4;
/// Largest payload of a frame (RFC 9113 §4.2).
const FRAME_PAYLOAD: usize = 16_384;

pub struct AttackTarget {
    pub port: u16,
    /// A method with a valid API key, for attacks of a caller.
    pub method: GrpcMethod,
    pub span: Duration,
}

type AttackRun = fn(AttackTarget) -> Pin<Box<dyn Future<Output = String>>>;

pub struct Attack {
    pub name: &'static str,
    pub run: AttackRun,
}

pub const ATTACKS: &[Attack] = &[
    Attack { name: "10,000 silent connections", run: |target| Box::pin(silent_connections(target)) },
    Attack { name: "10,000 idle clients with a key", run: |target| Box::pin(idle_clients(target)) },
    Attack { name: "slow headers", run: |target| Box::pin(slow_headers(target)) },
    Attack { name: "slow bodies", run: |target| Box::pin(slow_bodies(target)) },
    Attack { name: "rapid reset", run: |target| Box::pin(rapid_reset(target)) },
    Attack { name: "endless headers (CONTINUATION)", run: |target| Box::pin(endless_headers(target)) },
    Attack { name: "PING flood", run: |target| Box::pin(flood(target, PING, 8)) },
    Attack { name: "SETTINGS flood", run: |target| Box::pin(flood(target, SETTINGS, 0)) },
    Attack { name: "oversized messages", run: |target| Box::pin(oversized_messages(target)) },
    Attack { name: "stream flood", run: |target| Box::pin(stream_flood(target)) },
    Attack { name: "wrong keys", run: |target| Box::pin(wrong_keys(target)) },
];

async fn connect(port: u16) -> Option<TcpStream> {
    timeout(Duration::from_secs(5), TcpStream::connect(("127.0.0.1", port))).await.ok()?.ok()
}

/// Counts the connections that the node has closed.
async fn count_closed(connections: Vec<TcpStream>) -> usize {
    let mut closed = 0;
    for mut connection in connections {
        let mut buffer = [0; 1_024];
        let end = async { while connection.read(&mut buffer).await.is_ok_and(|read| read > 0) {} };
        closed += usize::from(timeout(Duration::from_millis(1), end).await.is_ok());
    }
    closed
}

async fn silent_connections(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let mut connections = Vec::new();
    while connections.len() < IDLE_CONNECTIONS && watch.elapsed() < target.span {
        connections.extend(connect(target.port).await);
    }
    sleep(target.span.saturating_sub(watch.elapsed())).await;
    let opened = connections.len();
    let closed = count_closed(connections).await;
    format!("{opened} opened, {closed} closed by the node")
}

async fn idle_clients(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut clients, mut answered) = (Vec::new(), 0);
    while clients.len() < IDLE_CONNECTIONS && watch.elapsed() < target.span * 3 {
        let mut client = GrpcConnection::connect(target.port).await;
        answered += usize::from(is_answer(&client.call(&target.method, Bytes::from_static(&[0; 5])).await));
        clients.push(client);
    }
    sleep(target.span.saturating_sub(watch.elapsed())).await;
    let mut open = 0;
    for client in &mut clients {
        let outcome = timeout(Duration::from_secs(1), client.call(&target.method, Bytes::from_static(&[0; 5]))).await;
        open += usize::from(outcome.is_ok_and(|outcome| is_answer(&outcome)));
    }
    format!("{} opened, {answered} answered, {open} still open", clients.len())
}

/// Returns whether the node answered, with a verdict on the empty token or with an error.
fn is_answer<T>(outcome: &Result<T, String>) -> bool {
    !matches!(outcome, Err(reason) if reason.starts_with("connection error"))
}

async fn slow_headers(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let mut connections = Vec::new();
    for _ in 0..1_000 {
        let Some(mut connection) = connect(target.port).await else { continue };
        let start = [PREFACE, &settings(), &frame(1, 0, 1, &[0; 64])[..20]].concat();
        if connection.write_all(&start).await.is_ok() {
            connections.push(connection);
        }
    }
    while watch.elapsed() < target.span {
        for connection in &mut connections {
            // A write to a closed connection fails, which the count below notices as well.
            drop(connection.try_write(&[0]));
        }
        sleep(Duration::from_secs(1)).await;
    }
    let opened = connections.len();
    let closed = count_closed(connections).await;
    format!("{opened} opened, {closed} closed by the node")
}

async fn slow_bodies(target: AttackTarget) -> String {
    let (mut streams, mut refused) = (Vec::new(), 0);
    let mut connections = GrpcConnection::connect_many(20, target.port).await;
    for connection in &mut connections {
        for _ in 0..100 {
            let begun = timeout(Duration::from_millis(100), connection.begin(&target.method)).await;
            let Ok(Ok((mut sending, response))) = begun else {
                refused += 1;
                continue;
            };
            // The first bytes of a message that never comes.
            if sending.send_data(Bytes::from_static(&[0, 0, 0]), false).is_ok() {
                streams.push((sending, response));
            }
        }
    }
    sleep(target.span).await;
    let (opened, mut ended) = (streams.len(), 0);
    for (_sending, response) in streams {
        ended += usize::from(timeout(Duration::from_millis(1), response).await.is_ok());
    }
    format!("{opened} calls begun, {refused} not accepted, {ended} ended by the node")
}

async fn rapid_reset(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut calls, mut connections) = (0_u64, 0_u64);
    while watch.elapsed() < target.span {
        let Some(mut connection) = connect(target.port).await else { continue };
        connections += 1;
        if connection.write_all(&[PREFACE, &settings()].concat()).await.is_err() {
            continue;
        }
        for number in 0..100_000_u32 {
            if watch.elapsed() >= target.span
                || connection.write_all(&cancelled_call_frames(2 * number + 1, PATH)).await.is_err()
            {
                break;
            }
            calls += 1;
        }
    }
    format!("{calls} calls cancelled at once, {connections} connections needed")
}

async fn endless_headers(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut sent, mut connections) = (0_u64, 0_u64);
    // A header without an end: a literal with a name of one byte and a value that goes on.
    let part = [&[0_u8, 1, b'a', 127, 128, 127][..], &vec![b'a'; FRAME_PAYLOAD - 6]].concat();
    while watch.elapsed() < target.span {
        let Some(mut connection) = connect(target.port).await else { continue };
        connections += 1;
        let start = [PREFACE, &settings(), &frame(1, 0, 1, &part)].concat();
        if connection.write_all(&start).await.is_err() {
            continue;
        }
        while watch.elapsed() < target.span && connection.write_all(&frame(CONTINUATION, 0, 1, &part)).await.is_ok() {
            sent += part.len() as u64;
        }
    }
    format!("{} MiB sent, {connections} connections needed", sent >> 20)
}

/// Sends one kind of frame of the connection without reading the answers.
async fn flood(target: AttackTarget, kind: u8, length: usize) -> String {
    let watch = Stopwatch::start();
    let (mut frames, mut connections) = (0_u64, 0_u64);
    let burst = frame(kind, 0, 0, &vec![0; length]).repeat(1_000);
    while watch.elapsed() < target.span {
        let Some(mut connection) = connect(target.port).await else { continue };
        connections += 1;
        if connection.write_all(&[PREFACE, &settings()].concat()).await.is_err() {
            continue;
        }
        loop {
            let left = target.span.saturating_sub(watch.elapsed());
            match timeout(left, connection.write_all(&burst)).await {
                Ok(Ok(())) => frames += 1_000,
                _ => break,
            }
        }
    }
    format!("{frames} frames taken, {connections} connections needed")
}

async fn oversized_messages(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut calls, mut refused) = (0_u64, 0_u64);
    let mut connection = GrpcConnection::connect(target.port).await;
    // Announces 64 MiB, and sends the first of them.
    let body: Bytes = [&[0, 4, 0, 0, 0][..], &vec![0; 1 << 20]].concat().into();
    while watch.elapsed() < target.span {
        calls += 1;
        match timeout(Duration::from_secs(5), connection.call(&target.method, body.clone())).await {
            Ok(Err(reason)) if reason.starts_with("connection error: connection") => {
                connection = GrpcConnection::connect(target.port).await;
            }
            Ok(Err(_)) => refused += 1,
            Ok(Ok(_)) | Err(_) => {}
        }
    }
    format!("{calls} sent, {refused} refused")
}

async fn stream_flood(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut held, mut attempts) = (Vec::new(), 0);
    let mut connections = GrpcConnection::connect_many(50, target.port).await;
    for connection in &mut connections {
        for _ in 0..1_000 {
            attempts += 1;
            let begun = timeout(Duration::from_millis(5), connection.begin(&target.method)).await;
            let Ok(Ok(begun)) = begun else { break };
            held.push(begun);
            if watch.elapsed() > target.span * 2 {
                break;
            }
        }
    }
    sleep(target.span.saturating_sub(watch.elapsed())).await;
    format!("{attempts} tried on {} connections, {} begun", connections.len(), held.len())
}

async fn wrong_keys(target: AttackTarget) -> String {
    let watch = Stopwatch::start();
    let (mut calls, mut refused) = (0_u64, 0_u64);
    let method = GrpcMethod::new(target.port, "Validate", "sak_wrong");
    let mut connection = GrpcConnection::connect(target.port).await;
    while watch.elapsed() < target.span {
        calls += 1;
        match connection.call(&method, Bytes::from_static(&[0; 5])).await {
            Err(reason) if reason.starts_with("connection error") => {
                connection = GrpcConnection::connect(target.port).await;
            }
            Err(_) => refused += 1,
            Ok(_) => {}
        }
    }
    format!("{calls} sent, {refused} refused")
}
