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

use super::ports;

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Requests,
    /// From the server to the client.
    Replies,
}

/// Forwards connections to a server until told otherwise. It lives in the runtime of the test that
/// made it.
pub struct TcpProxy {
    address: SocketAddr,
    server: Mutex<SocketAddr>,
    faults: watch::Sender<Faults>,
    accepting: Mutex<Option<Accepting>>,
}

#[derive(Default)]
struct Faults {
    requests_frozen: bool,
    replies_frozen: bool,
    /// How much later than they came requests and replies go on.
    requests_delay: Duration,
    replies_delay: Duration,
    /// Only connections that carried this freeze and are late.
    aim: Option<Vec<u8>>,
    drop_replies: bool,
    lose_reply_to: Option<Vec<u8>>,
    hold: Hold,
    lost_replies: usize,
    /// How often bytes came that were held back.
    held: usize,
    /// Which way bytes went last.
    last: Option<Direction>,
    round_trips: usize,
}

/// A connection to be stopped at one request.
#[derive(Clone, Default)]
enum Hold {
    #[default]
    None,
    /// Before the next request that contains these bytes goes on, or before its answer does.
    At(Vec<u8>, Direction),
    /// This answer is waited for, on one connection.
    AtReply,
    Held,
}

struct Accepting {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl TcpProxy {
    /// A proxy before the server at `server`, with an address of its own.
    pub async fn to(server: SocketAddr) -> Self {
        loop {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
            if let Ok(listener) = TcpListener::bind(address).await {
                let (faults, _) = watch::channel(Faults::default());
                let accepting = Mutex::new(Some(Accepting::start(listener, server, &faults)));
                return Self { address, server: Mutex::new(server), faults, accepting };
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and refuses new ones; when it returns nothing goes through any more.
    pub async fn cut(&self) {
        let accepting = self.accepting.lock().expect("the proxy").take();
        if let Some(Accepting { stop, task }) = accepting {
            stop.cancel();
            task.await.expect("an orderly end of the proxy");
        }
        // A server that another test is just starting may have inherited the listener, and holds it
        // for a moment.
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Accepts connections again after a [`cut`](Self::cut).
    pub async fn restore(&self) {
        self.cut().await;
        let listener = TcpListener::bind(self.address).await.expect("the proxy's own port");
        let server = *self.server.lock().expect("the server");
        let accepting = Accepting::start(listener, server, &self.faults);
        *self.accepting.lock().expect("the proxy") = Some(accepting);
    }

    /// Closes every connection, and forwards new ones to another server.
    pub async fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().expect("the server") = server;
        self.restore().await;
    }

    /// Holds back what is sent that way from now on: nothing arrives, and no connection closes.
    pub fn freeze(&self, direction: Direction) {
        self.faults.send_modify(|faults| *faults.frozen_mut(direction) = true);
    }

    /// Delivers what was held back, in order.
    pub fn thaw(&self, direction: Direction) {
        self.faults.send_modify(|faults| *faults.frozen_mut(direction) = false);
    }

    /// Delivers what is sent that way from now on later, in order: a piece that came while another waited waits as long
    /// again.
    pub fn delay(&self, direction: Direction, by: Duration) {
        self.faults.send_modify(|faults| *faults.delay_mut(direction) = by);
    }

    /// [Freezes](Self::freeze) and [delays](Self::delay) only connections on which a request with `text` was sent, in
    /// plain bytes and in one piece, since this was called. What is under way on others is let go.
    pub fn aim_at(&self, text: &str) {
        self.faults.send_modify(|faults| faults.aim = Some(text.into()));
    }

    /// While on: a request is executed, but when its answer comes it is swallowed and the
    /// connection closed.
    pub fn drop_replies(&self, on: bool) {
        self.faults.send_modify(|faults| faults.drop_replies = on);
    }

    /// As [`drop_replies`](Self::drop_replies), but for one request only: the next that contains `text`, in plain
    /// bytes and in one piece. What comes before it (a pool's health check, say) and what comes after it, on new
    /// connections, is answered.
    pub fn lose_reply_to(&self, text: &str) {
        self.faults.send_modify(|faults| faults.lose_reply_to = Some(text.into()));
    }

    /// Stops the connection on which the next request with `text` is sent, in plain bytes and in one piece: just before
    /// it reaches the server, or once it was carried out, before the answer to it goes back. Others go on.
    pub fn hold_at(&self, text: &str, direction: Direction) {
        self.faults.send_modify(|faults| faults.hold = Hold::At(text.into(), direction));
    }

    /// Waits until a connection is stopped there.
    pub async fn held_at(&self) {
        let mut faults = self.faults.subscribe();
        let held = faults.wait_for(|faults| matches!(faults.hold, Hold::Held)).await;
        drop(held.expect("the proxy outlives the wait"));
    }

    /// Closes the connection that was stopped; what was held back never arrives.
    pub fn close_held(&self) {
        self.faults.send_modify(|faults| faults.hold = Hold::None);
    }

    /// How often somebody asked and waited for an answer, on all connections together: requests sent one after
    /// the other without an answer in between are one round trip. Exact while there is one client that waits.
    pub fn round_trips(&self) -> usize {
        self.faults.borrow().round_trips
    }

    /// How often bytes came that were held back by a [`freeze`](Self::freeze).
    pub fn held(&self) -> usize {
        self.faults.borrow().held
    }

    /// How many connections were closed in the place of an answer: proof that the fault struck.
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

impl Faults {
    fn frozen(&self, direction: Direction) -> bool {
        match direction {
            Direction::Requests => self.requests_frozen,
            Direction::Replies => self.replies_frozen,
        }
    }

    fn frozen_mut(&mut self, direction: Direction) -> &mut bool {
        match direction {
            Direction::Requests => &mut self.requests_frozen,
            Direction::Replies => &mut self.replies_frozen,
        }
    }

    fn delay(&self, direction: Direction) -> Duration {
        match direction {
            Direction::Requests => self.requests_delay,
            Direction::Replies => self.replies_delay,
        }
    }

    fn delay_mut(&mut self, direction: Direction) -> &mut Duration {
        match direction {
            Direction::Requests => &mut self.requests_delay,
            Direction::Replies => &mut self.replies_delay,
        }
    }
}

impl Accepting {
    fn start(listener: TcpListener, server: SocketAddr, faults: &watch::Sender<Faults>) -> Self {
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

/// Runs until one side closes; then both are closed.
async fn forward(client: TcpStream, server: SocketAddr, faults: watch::Sender<Faults>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for stream in [&client, &server] {
        drop(stream.set_nodelay(true));
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = Pump { direction: Direction::Requests, faults, marks: Marks::default() };
    let replies = Pump { direction: Direction::Replies, ..requests.clone() };
    tokio::select! {
        _ = requests.run(from_client, to_server) => {}
        _ = replies.run(from_server, to_client) => {}
    }
}

/// One direction of one connection.
#[derive(Clone)]
struct Pump {
    direction: Direction,
    faults: watch::Sender<Faults>,
    marks: Marks,
}

/// What a connection has carried; each is cancelled once it has.
#[derive(Clone, Default)]
struct Marks {
    /// The request whose answer is to be lost.
    struck: CancellationToken,
    /// What is aimed at.
    aimed_at: CancellationToken,
    /// The request whose answer is to be held.
    awaited: CancellationToken,
}

impl Pump {
    async fn run(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut chunk).await?;
            let bytes = &chunk[..length];
            self.take_aim(bytes);
            self.thawed().await;
            self.on_time().await;
            if bytes.is_empty() || self.loses(bytes) {
                return Ok(());
            }
            if self.is_held(bytes) {
                let mut faults = self.faults.subscribe();
                drop(faults.wait_for(|faults| !matches!(faults.hold, Hold::Held)).await);
                return Ok(());
            }
            to.write_all(bytes).await?;
        }
    }

    fn take_aim(&self, bytes: &[u8]) {
        let aim = &self.faults.borrow().aim;
        if self.direction == Direction::Requests && aim.as_ref().is_some_and(|text| contains(bytes, text)) {
            self.marks.aimed_at.cancel();
        }
    }

    fn is_meant(&self, faults: &Faults) -> bool {
        faults.aim.is_none() || self.marks.aimed_at.is_cancelled()
    }

    async fn thawed(&self) {
        self.faults.send_if_modified(|faults| {
            faults.held += usize::from(self.is_meant(faults) && faults.frozen(self.direction));
            false
        });
        let mut faults = self.faults.subscribe();
        let thawed = faults.wait_for(|faults| !self.is_meant(faults) || !faults.frozen(self.direction)).await;
        drop(thawed);
    }

    async fn on_time(&self) {
        let delay = {
            let faults = self.faults.borrow();
            if self.is_meant(&faults) { faults.delay(self.direction) } else { Duration::ZERO }
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// Whether the connection stops before these bytes.
    fn is_held(&self, bytes: &[u8]) -> bool {
        let mut held = false;
        self.faults.send_if_modified(|faults| {
            match (&faults.hold, self.direction) {
                (Hold::At(text, at), Direction::Requests) if contains(bytes, text) => {
                    held = *at == Direction::Requests;
                    faults.hold = if held { Hold::Held } else { Hold::AtReply };
                    if !held {
                        self.marks.awaited.cancel();
                    }
                }
                (Hold::AtReply, Direction::Replies) if self.marks.awaited.is_cancelled() => {
                    held = true;
                    faults.hold = Hold::Held;
                }
                _ => {}
            }
            held
        });
        held
    }

    /// Whether the connection ends in the place of these bytes.
    fn loses(&self, bytes: &[u8]) -> bool {
        let mut lost = false;
        self.faults.send_if_modified(|faults| {
            let turned = faults.last.replace(self.direction) != Some(self.direction);
            match self.direction {
                Direction::Requests => {
                    faults.round_trips += usize::from(turned);
                    let meant = |text: &mut Vec<u8>| contains(bytes, text);
                    if faults.lose_reply_to.take_if(meant).is_some() {
                        self.marks.struck.cancel();
                    }
                }
                Direction::Replies => {
                    lost = faults.drop_replies || self.marks.struck.is_cancelled();
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
