//! Makes another server of a server: one between it and its clients changes what they say.

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
    /// It tells of a change of a probe only after the answer that came next.
    LateInvalidation,
    /// It tells of no change of a probe.
    NoInvalidation,
    /// It claims to be the master that it was at the start, whatever it is.
    ClaimsMaster,
}

/// Ends when it is dropped.
pub struct TamperingProxy {
    pub address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl TamperingProxy {
    pub async fn start(server: SocketAddr, meddling: ProxyTampering) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (mut accepting, history) = (JoinSet::new(), Arc::new(OnceLock::new()));
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.expect("the server");
                let (requests, answers) = client.into_split();
                let (replies, onward) = server.into_split();
                connections.spawn(forward(requests, onward, move |bytes| tamper_request(meddling, bytes)));
                let history = Arc::clone(&history);
                connections.spawn(forward(replies, answers, move |bytes| {
                    if meddling == ProxyTampering::ClaimsMaster {
                        claim_to_be_master(bytes, &history);
                    }
                    tamper_reply(meddling, bytes)
                }));
            }
        });
        Self { address, _accepting: accepting }
    }
}

/// Passes on what `changed` takes out of what has arrived.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    changed: impl Fn(&mut Vec<u8>) -> Vec<u8>,
) {
    let mut waiting = Vec::new();
    loop {
        // An answer comes in one piece.
        waiting.reserve(1 << 16);
        if !from.read_buf(&mut waiting).await.is_ok_and(|read| read > 0) {
            return;
        }
        if to.write_all(&changed(&mut waiting)).await.is_err() {
            return;
        }
    }
}

fn tamper_request(meddling: ProxyTampering, bytes: &mut Vec<u8>) -> Vec<u8> {
    if meddling == ProxyTampering::NoHello
        && let Some(at) = find(bytes, b"$5\r\nHELLO")
    {
        bytes[at + 8] = b'X';
    }
    std::mem::take(bytes)
}

fn tamper_reply(meddling: ProxyTampering, bytes: &mut Vec<u8>) -> Vec<u8> {
    /// The last answer of a probe.
    const LAST: &[u8] = b"$1\r\n2\r\n";
    let probe = find(bytes, b":probe:")
        .filter(|_| matches!(meddling, ProxyTampering::LateInvalidation | ProxyTampering::NoInvalidation));
    let Some(probe) = probe else { return std::mem::take(bytes) };
    let begin = find(bytes, b">2\r\n$10\r\ninvalidate").expect("a push");
    let end = find(&bytes[probe..], b"\r\n").map(|end| probe + end + 2);
    let Some((end, last)) = end.and_then(|end| Some((end, end + find(&bytes[end..], LAST)? + LAST.len()))) else {
        // The rest of it is still to come.
        return Vec::new();
    };
    if meddling == ProxyTampering::LateInvalidation {
        bytes[begin..last].rotate_left(end - begin);
    } else {
        bytes.drain(begin..end);
    }
    std::mem::take(bytes)
}

/// Changes no length of INFO: the answer says how long it is.
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
