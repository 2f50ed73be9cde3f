//! A network that a test can break: a TCP proxy between the service and a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::ports;

/// The direction of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProxyDirection {
    /// From the client to the server.
    Requests,
    /// From the server to the client.
    Replies,
}

/// Forwards connections to a server, with faults that a test injects. It lives in the runtime of the test that made it.
pub struct TcpProxy {
    address: SocketAddr,
    server: Mutex<SocketAddr>,
    faults: watch::Sender<ProxyFaults>,
    accepting: Mutex<Option<AcceptLoop>>,
}

#[derive(Default)]
struct ProxyFaults {
    requests_frozen: bool,
    replies_frozen: bool,
    /// Delay of requests; below, of replies.
    requests_delay: Duration,
    replies_delay: Duration,
    /// Text that a connection must have carried to be frozen or delayed.
    target_text: Option<Vec<u8>>,
    drop_replies: bool,
    lose_reply_to: Option<Vec<u8>>,
    hold: ConnectionHold,
    lost_replies: usize,
    /// Number of times that bytes were held back.
    held: usize,
    /// The last direction of bytes.
    last: Option<ProxyDirection>,
    round_trips: usize,
}

/// A connection to be held at one request.
#[derive(Clone, Default)]
enum ConnectionHold {
    #[default]
    None,
    /// Held before the next request that contains these bytes is forwarded, or before its reply is.
    At(Vec<u8>, ProxyDirection),
    /// Held at the reply that one connection waits for.
    AtReply,
    Held,
}

struct AcceptLoop {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl TcpProxy {
    /// Starts a proxy in front of the server at `server`, with a separate address.
    pub async fn start(server: SocketAddr) -> Self {
        loop {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
            if let Ok(listener) = TcpListener::bind(address).await {
                let (faults, _) = watch::channel(ProxyFaults::default());
                let accepting = Mutex::new(Some(AcceptLoop::start(listener, server, &faults)));
                return Self { address, server: Mutex::new(server), faults, accepting };
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and refuses new ones. When it returns, no bytes are forwarded any more.
    pub async fn cut(&self) {
        let accepting = self.accepting.lock().expect("the proxy").take();
        if let Some(AcceptLoop { stop, task }) = accepting {
            stop.cancel();
            task.await.expect("an orderly end of the proxy");
        }
        // A server that another test is just starting may have inherited the listener, and holds it for a moment.
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Accepts connections again after a [`cut`](Self::cut).
    pub async fn restore(&self) {
        self.cut().await;
        let listener = TcpListener::bind(self.address).await.expect("the proxy's own port");
        let server = *self.server.lock().expect("the server");
        let accepting = AcceptLoop::start(listener, server, &self.faults);
        *self.accepting.lock().expect("the proxy") = Some(accepting);
    }

    /// Closes every connection, and forwards new ones to another server.
    pub async fn route_to(&self, server: SocketAddr) {
        *self.server.lock().expect("the server") = server;
        self.restore().await;
    }

    /// Holds back bytes of that direction from now on: nothing arrives, and no connection closes.
    pub fn freeze(&self, direction: ProxyDirection) {
        self.faults.send_modify(|faults| *faults.frozen_mut(direction) = true);
    }

    /// Delivers held-back bytes, in order.
    pub fn thaw(&self, direction: ProxyDirection) {
        self.faults.send_modify(|faults| *faults.frozen_mut(direction) = false);
    }

    /// Delays bytes of that direction from now on, in order. A chunk that arrives while another one waits has the full
    /// delay after it.
    pub fn delay(&self, direction: ProxyDirection, by: Duration) {
        self.faults.send_modify(|faults| *faults.delay_mut(direction) = by);
    }

    /// [Freezes](Self::freeze) and [delays](Self::delay) only connections on which a request with `text` was sent, in
    /// plain bytes and in one piece, since this call. Held-back bytes of other connections are delivered.
    pub fn target_connections(&self, text: &str) {
        self.faults.send_modify(|faults| faults.target_text = Some(text.into()));
    }

    /// Swallows replies while it is on: a request is executed, but when its reply arrives, the connection is closed.
    pub fn drop_replies(&self, on: bool) {
        self.faults.send_modify(|faults| faults.drop_replies = on);
    }

    /// Does the same as [`drop_replies`](Self::drop_replies) for one request only: the next one that contains `text`,
    /// in plain bytes and in one piece. Earlier requests, such as a pool's health check, and later ones on new
    /// connections get their replies.
    pub fn lose_reply_to(&self, text: &str) {
        self.faults.send_modify(|faults| faults.lose_reply_to = Some(text.into()));
    }

    /// Holds the connection on which the next request with `text` is sent, in plain bytes and in one piece: just before
    /// it reaches the server, or after its execution, before its reply is forwarded. Other connections are not
    /// affected.
    pub fn hold_at(&self, text: &str, direction: ProxyDirection) {
        self.faults.send_modify(|faults| faults.hold = ConnectionHold::At(text.into(), direction));
    }

    /// Waits until a connection is held.
    pub async fn wait_until_held(&self) {
        let mut faults = self.faults.subscribe();
        let held = faults.wait_for(|faults| matches!(faults.hold, ConnectionHold::Held)).await;
        drop(held.expect("the proxy outlives the wait"));
    }

    /// Closes the held connection. The held-back bytes never arrive.
    pub fn close_held(&self) {
        self.faults.send_modify(|faults| faults.hold = ConnectionHold::None);
    }

    /// Returns the number of round trips on all connections: requests that are sent one after the other without a reply
    /// in between are one round trip. The number is exact while only one client waits.
    pub fn round_trips(&self) -> usize {
        self.faults.borrow().round_trips
    }

    /// Returns how often bytes were held back by a [`freeze`](Self::freeze).
    pub fn held_back_count(&self) -> usize {
        self.faults.borrow().held
    }

    /// Returns how many connections were closed in place of a reply, as a proof that the fault took effect.
    pub fn lost_replies(&self) -> usize {
        self.faults.borrow().lost_replies
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.get_mut().expect("the proxy").take() {
            accepting.stop.cancel();
        }
    }
}

impl ProxyFaults {
    fn frozen(&self, direction: ProxyDirection) -> bool {
        match direction {
            ProxyDirection::Requests => self.requests_frozen,
            ProxyDirection::Replies => self.replies_frozen,
        }
    }

    fn frozen_mut(&mut self, direction: ProxyDirection) -> &mut bool {
        match direction {
            ProxyDirection::Requests => &mut self.requests_frozen,
            ProxyDirection::Replies => &mut self.replies_frozen,
        }
    }

    fn delay(&self, direction: ProxyDirection) -> Duration {
        match direction {
            ProxyDirection::Requests => self.requests_delay,
            ProxyDirection::Replies => self.replies_delay,
        }
    }

    fn delay_mut(&mut self, direction: ProxyDirection) -> &mut Duration {
        match direction {
            ProxyDirection::Requests => &mut self.requests_delay,
            ProxyDirection::Replies => &mut self.replies_delay,
        }
    }
}

impl AcceptLoop {
    fn start(listener: TcpListener, server: SocketAddr, faults: &watch::Sender<ProxyFaults>) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let faults = faults.clone();
        #[expect(clippy::disallowed_methods, reason = "the task ends with the proxy that owns it")]
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    () = stopped.cancelled() => break,
                    accepted = listener.accept() => {
                        let (client, _) = accepted.expect("a connection to the proxy");
                        connections.spawn(forward(client, server, faults.clone()));
                    }
                }
            }
            drop(listener);
            connections.shutdown().await;
        });
        Self { stop, task }
    }
}

/// Forwards until one side closes. Then both are closed.
async fn forward(client: TcpStream, server: SocketAddr, faults: watch::Sender<ProxyFaults>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for stream in [&client, &server] {
        drop(stream.set_nodelay(true));
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = BytePump { direction: ProxyDirection::Requests, faults, marks: ConnectionMarks::default() };
    let replies = BytePump { direction: ProxyDirection::Replies, ..requests.clone() };
    tokio::select! {
        _ = requests.run(from_client, to_server) => {}
        _ = replies.run(from_server, to_client) => {}
    }
}

/// A direction of a connection.
#[derive(Clone)]
struct BytePump {
    direction: ProxyDirection,
    faults: watch::Sender<ProxyFaults>,
    marks: ConnectionMarks,
}

/// Marks of a connection; each is cancelled once its request was seen.
#[derive(Clone, Default)]
struct ConnectionMarks {
    /// The request whose reply is to be lost.
    reply_doomed: CancellationToken,
    /// A targeted request.
    targeted: CancellationToken,
    /// The request whose reply is to be held.
    reply_held: CancellationToken,
}

impl BytePump {
    async fn run(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut chunk).await?;
            let bytes = &chunk[..length];
            self.mark_targeted(bytes);
            self.wait_until_thawed().await;
            self.apply_delay().await;
            if bytes.is_empty() || self.drops_reply(bytes) {
                return Ok(());
            }
            if self.is_held(bytes) {
                let mut faults = self.faults.subscribe();
                drop(faults.wait_for(|faults| !matches!(faults.hold, ConnectionHold::Held)).await);
                return Ok(());
            }
            to.write_all(bytes).await?;
        }
    }

    fn mark_targeted(&self, bytes: &[u8]) {
        let aim = &self.faults.borrow().target_text;
        if self.direction == ProxyDirection::Requests && aim.as_ref().is_some_and(|text| contains(bytes, text)) {
            self.marks.targeted.cancel();
        }
    }

    fn is_targeted(&self, faults: &ProxyFaults) -> bool {
        faults.target_text.is_none() || self.marks.targeted.is_cancelled()
    }

    async fn wait_until_thawed(&self) {
        self.faults.send_if_modified(|faults| {
            faults.held += usize::from(self.is_targeted(faults) && faults.frozen(self.direction));
            false
        });
        let mut faults = self.faults.subscribe();
        let thawed = faults.wait_for(|faults| !self.is_targeted(faults) || !faults.frozen(self.direction)).await;
        drop(thawed);
    }

    async fn apply_delay(&self) {
        let delay = {
            let faults = self.faults.borrow();
            if self.is_targeted(&faults) { faults.delay(self.direction) } else { Duration::ZERO }
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// Returns true if the connection is held before these bytes.
    fn is_held(&self, bytes: &[u8]) -> bool {
        let mut held = false;
        self.faults.send_if_modified(|faults| {
            match (&faults.hold, self.direction) {
                (ConnectionHold::At(text, at), ProxyDirection::Requests) if contains(bytes, text) => {
                    held = *at == ProxyDirection::Requests;
                    faults.hold = if held { ConnectionHold::Held } else { ConnectionHold::AtReply };
                    if !held {
                        self.marks.reply_held.cancel();
                    }
                }
                (ConnectionHold::AtReply, ProxyDirection::Replies) if self.marks.reply_held.is_cancelled() => {
                    held = true;
                    faults.hold = ConnectionHold::Held;
                }
                _ => {}
            }
            held
        });
        held
    }

    /// Returns true if the connection is closed in place of these bytes.
    fn drops_reply(&self, bytes: &[u8]) -> bool {
        let mut lost = false;
        self.faults.send_if_modified(|faults| {
            let turned = faults.last.replace(self.direction) != Some(self.direction);
            match self.direction {
                ProxyDirection::Requests => {
                    faults.round_trips += usize::from(turned);
                    let meant = |text: &mut Vec<u8>| contains(bytes, text);
                    if faults.lose_reply_to.take_if(meant).is_some() {
                        self.marks.reply_doomed.cancel();
                    }
                }
                ProxyDirection::Replies => {
                    lost = faults.drop_replies || self.marks.reply_doomed.is_cancelled();
                    faults.lost_replies += usize::from(lost);
                }
            }
            false
        });
        lost
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
