//! A proxy that makes a server look like a different one by changing its messages.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProxyTampering {
    Nothing,
    /// The server does not know HELLO.
    NoHello,
    /// The invalidation of a probe arrives only after the next reply.
    LateInvalidation,
    /// Probes cause no invalidation.
    NoInvalidation,
    /// The server claims to be the master that it was at the start.
    ClaimsMaster,
}

/// A running proxy, which ends on drop.
pub struct TamperingProxy {
    pub address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl TamperingProxy {
    pub async fn start(server: SocketAddr, tampering: ProxyTampering) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (mut accepting, history) = (JoinSet::new(), Arc::new(OnceLock::new()));
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.expect("the server");
                let (requests, answers) = client.into_split();
                let (replies, onward) = server.into_split();
                connections.spawn(forward(requests, onward, move |bytes| tamper_request(tampering, bytes)));
                let history = Arc::clone(&history);
                connections.spawn(forward(replies, answers, move |bytes| {
                    if tampering == ProxyTampering::ClaimsMaster {
                        claim_to_be_master(bytes, &history);
                    }
                    tamper_reply(tampering, bytes)
                }));
            }
        });
        Self { address, _accepting: accepting }
    }
}

/// Passes on the part of the received bytes that `changed` takes.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    changed: impl Fn(&mut Vec<u8>) -> Vec<u8>,
) {
    let mut waiting = Vec::new();
    loop {
        // A reply arrives in one piece.
        waiting.reserve(1 << 16);
        if !from.read_buf(&mut waiting).await.is_ok_and(|read| read > 0) {
            return;
        }
        if to.write_all(&changed(&mut waiting)).await.is_err() {
            return;
        }
    }
}

fn tamper_request(tampering: ProxyTampering, bytes: &mut Vec<u8>) -> Vec<u8> {
    if tampering == ProxyTampering::NoHello
        && let Some(at) = find(bytes, b"$5\r\nHELLO")
    {
        bytes[at + 8] = b'X';
    }
    std::mem::take(bytes)
}

fn tamper_reply(tampering: ProxyTampering, bytes: &mut Vec<u8>) -> Vec<u8> {
    /// The last reply of a probe.
    const LAST: &[u8] = b"$1\r\n2\r\n";
    let probe = find(bytes, b":probe:")
        .filter(|_| matches!(tampering, ProxyTampering::LateInvalidation | ProxyTampering::NoInvalidation));
    let Some(probe) = probe else { return std::mem::take(bytes) };
    let begin = find(bytes, b">2\r\n$10\r\ninvalidate").expect("a push");
    let end = find(&bytes[probe..], b"\r\n").map(|end| probe + end + 2);
    let Some((end, last)) = end.and_then(|end| Some((end, end + find(&bytes[end..], LAST)? + LAST.len()))) else {
        // The rest of the reply has not arrived yet.
        return Vec::new();
    };
    if tampering == ProxyTampering::LateInvalidation {
        bytes[begin..last].rotate_left(end - begin);
    } else {
        bytes.drain(begin..end);
    }
    std::mem::take(bytes)
}

/// Changes the role without changing the length of INFO, which the reply states.
fn claim_to_be_master(bytes: &mut Vec<u8>, history: &OnceLock<Vec<u8>>) {
    const REPLICA_ROLE: &[u8] = b"*5\r\n$5\r\nslave\r\n";
    const MASTER_ROLE: &[u8] = b"*5\r\n$6\r\nmaster\r\n";
    const REPLICA: &[u8] = b"# Replication\r\nrole:slave\r\n";
    const MASTER: &[u8] = b"# Replicatio\r\nrole:master\r\n";
    const HISTORY: &[u8] = b"\nmaster_replid:";
    while let Some(at) = find(bytes, REPLICA_ROLE) {
        bytes.splice(at..at + REPLICA_ROLE.len(), MASTER_ROLE.iter().copied());
    }
    if let Some(at) = find(bytes, REPLICA) {
        bytes[at..at + MASTER.len()].copy_from_slice(MASTER);
    }
    if let Some(at) = find(bytes, HISTORY) {
        let known = &mut bytes[at + HISTORY.len()..][..40];
        known.copy_from_slice(history.get_or_init(|| known.to_vec()));
    }
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
