//! The open connections of a listener, and their eviction when a limit is reached.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot},
    time::sleep,
};

use super::peer_network::PeerNetwork;
use crate::{authority::ClientIdentity, domain::Caller};

/// Maximum number of calls that may end on a connection before one is authenticated, and of calls rejected as
/// unauthenticated since the latest authenticated one.
const UNAUTHENTICATED_CALLS: usize = 1_000;

/// Maximum number of health streams (`grpc.health.v1/Watch`) on one connection: one for each name that has a health
/// status.
const HEALTH_WATCHES: usize = 4;

/// The interval at which draining inspects the remaining connections.
const DRAIN_INTERVAL: Duration = Duration::from_millis(50);

/// Limits on the number of simultaneous connections, and of the calls on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionQuota {
    pub total: usize,
    /// Connections on which no call has been authenticated yet.
    pub unauthenticated: usize,
    /// Unauthenticated connections from one IPv4 address or one IPv6 /64.
    pub unauthenticated_per_peer: usize,
    /// Connections of one caller that are not evictable.
    pub per_caller: usize,
    /// Calls in flight on one connection beyond which nothing more is read from it. At least the number of streams that
    /// its client may have open, whose messages have to be read; the calls beyond are cancelled ones.
    pub calls_per_connection: usize,
}

impl ConnectionQuota {
    /// Returns the quota of a listener whose connections never authenticate.
    #[must_use]
    pub const fn without_authentication(total: usize) -> Self {
        let calls_per_connection = usize::MAX;
        Self { total, unauthenticated: total, unauthenticated_per_peer: total, per_caller: total, calls_per_connection }
    }

    /// Returns whether `caller`, which has `held` of the `counted` connections that are not evictable, may have one more.
    /// An eighth of the total is left for callers that have none, unless one caller may have all. Anonymous callers
    /// cannot be distinguished and share the total.
    const fn admits(&self, caller: &Caller, held: usize, counted: usize) -> bool {
        if caller.role.is_none() {
            return held < self.total;
        }
        let reserved = if self.per_caller < self.total { self.total / 8 } else { 0 };
        held < self.per_caller && (held == 0 || counted < self.total - reserved)
    }
}

/// Limits on the time that a connection may stay open after its listener was closed.
#[derive(Clone, Copy, Debug)]
pub struct DrainLimits {
    /// The limit for a connection that never authenticated, even with a call in flight.
    pub unauthenticated: Duration,
    /// The limit for a connection without calls in flight, counted from the last successful write to it.
    pub unread: Duration,
}

/// The connections of one listener. When a limit is reached, a new connection replaces the oldest evictable one. A
/// connection is evictable if no call on it was authenticated, or if its caller already holds its quota of connections.
/// Other connections are never closed for a new one; the new one waits instead.
#[derive(Clone)]
pub struct ConnectionRegistry(Arc<ConnectionRegistryState>);

struct ConnectionRegistryState {
    quota: ConnectionQuota,
    open: Mutex<OpenConnections>,
    /// Notified when a connection is closed.
    closed: Notify,
}

#[derive(Default)]
struct OpenConnections {
    /// The number of the next connection, in order of arrival.
    next: u64,
    all: BTreeMap<u64, OpenConnection>,
    /// The evictable connections of `all`: no call was authenticated on them, or their caller holds its quota of other
    /// connections.
    evictable: BTreeSet<u64>,
    /// The evictable connections by peer.
    by_peer: HashMap<PeerNetwork, BTreeSet<u64>>,
    /// The number of connections that are not evictable, by the name of their caller. No entry is zero.
    by_caller: HashMap<String, usize>,
    /// Set once the registry is closed: no connection stays open.
    is_closed: bool,
}

struct OpenConnection {
    connection: Arc<InboundConnection>,
    /// The caller in whose quota the connection counts; `None` while it is evictable.
    counted_for: Option<String>,
    /// Closes the connection when dropped.
    _close: oneshot::Sender<Infallible>,
}

impl OpenConnections {
    fn remove(&mut self, id: u64) {
        let Some(removed) = self.all.remove(&id) else { return };
        self.remove_evictable(id, removed.connection.peer);
        if let Some(caller) = removed.counted_for {
            self.release_quota(caller);
        }
    }

    /// Counts a connection in the quota of `caller`, after which it is not evictable. Returns whether the connection is
    /// counted; it is not if the quota is full.
    fn count_for_caller(&mut self, connection: &InboundConnection, caller: &Caller, quota: &ConnectionQuota) -> bool {
        let counted = self.all.len() - self.evictable.len();
        let Some(open) = self.all.get_mut(&connection.id) else { return false };
        if open.counted_for.is_some() {
            return true;
        }
        let held = self.by_caller.get(&caller.name).copied().unwrap_or(0);
        if !quota.admits(caller, held, counted) {
            return false;
        }
        open.counted_for = Some(caller.name.clone());
        self.by_caller.insert(caller.name.clone(), held + 1);
        self.remove_evictable(connection.id, connection.peer);
        true
    }

    fn release_quota(&mut self, caller: String) {
        if let Entry::Occupied(mut held) = self.by_caller.entry(caller) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }

    fn remove_evictable(&mut self, id: u64, peer: PeerNetwork) {
        if !self.evictable.remove(&id) {
            return;
        }
        if let Some(of_peer) = self.by_peer.get_mut(&peer) {
            of_peer.remove(&id);
            if of_peer.is_empty() {
                self.by_peer.remove(&peer);
            }
        }
    }

    /// Closes evictable connections, the oldest first, until there is room for one more from `peer`.
    fn evict_connections(&mut self, quota: &ConnectionQuota, peer: PeerNetwork) {
        while let Some(of_peer) = self.by_peer.get(&peer).filter(|of| of.len() >= quota.unauthenticated_per_peer) {
            let Some(oldest) = of_peer.first().copied() else { break };
            self.remove(oldest);
        }
        while self.evictable.len() >= quota.unauthenticated || self.all.len() >= quota.total {
            let Some(oldest) = self.evictable.first().copied() else { break };
            self.remove(oldest);
        }
    }
}

impl ConnectionRegistryState {
    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, id: u64) {
        self.open().remove(id);
        self.closed.notify_one();
    }

    fn count_for_caller(&self, connection: &InboundConnection, caller: &Caller) -> bool {
        self.open().count_for_caller(connection, caller, &self.quota)
    }
}

impl ConnectionRegistry {
    #[must_use]
    pub fn new(quota: ConnectionQuota) -> Self {
        Self(Arc::new(ConnectionRegistryState { quota, open: Mutex::default(), closed: Notify::new() }))
    }

    /// Registers a new connection from `remote`, and evicts older connections to make room. If none is evictable, it
    /// waits until a connection is closed.
    pub async fn admit(&self, remote: SocketAddr) -> AdmittedConnection {
        loop {
            if let Some(admitted) = self.try_admit(remote) {
                return admitted;
            }
            self.0.closed.notified().await;
        }
    }

    fn try_admit(&self, remote: SocketAddr) -> Option<AdmittedConnection> {
        let peer = PeerNetwork::from(remote.ip());
        let mut open = self.0.open();
        if open.all.len() >= self.0.quota.total && open.evictable.is_empty() {
            return None;
        }
        open.evict_connections(&self.0.quota, peer);
        let id = open.next;
        open.next += 1;
        let connection = Arc::new(InboundConnection {
            id,
            remote,
            peer,
            client_identity: OnceLock::new(),
            registry: Arc::clone(&self.0),
            is_authenticated: AtomicBool::new(false),
            is_counted: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            max_calls: self.0.quota.calls_per_connection,
            reader: AtomicWaker::new(),
            unauthenticated_calls: AtomicUsize::new(0),
            watches: Arc::new(Semaphore::new(HEALTH_WATCHES)),
            writes: AtomicU64::new(0),
        });
        let (close, closing) = oneshot::channel();
        if open.is_closed {
            // Dropping `close` closes the connection immediately.
            return Some(AdmittedConnection { connection, closing: Some(closing) });
        }
        open.all.insert(id, OpenConnection { connection: Arc::clone(&connection), counted_for: None, _close: close });
        open.evictable.insert(id);
        open.by_peer.entry(peer).or_default().insert(id);
        Some(AdmittedConnection { connection, closing: Some(closing) })
    }

    /// Closes all connections immediately, and also those that are accepted later.
    pub fn close_all(&self) {
        let mut open = self.0.open();
        open.is_closed = true;
        let ids: Vec<u64> = open.all.keys().copied().collect();
        for id in ids {
            open.remove(id);
        }
    }

    /// Closes the remaining connections after the listener was closed: those on which nobody waits for a response any
    /// more, and those on which nobody reads it. Authenticated connections with a call in flight stay open. Never
    /// returns.
    pub async fn drain(&self, limits: DrainLimits) -> Infallible {
        let mut drain = DrainProgress { limits, elapsed: Duration::ZERO, unread: HashMap::new() };
        loop {
            sleep(DRAIN_INTERVAL).await;
            drain.close_finished(&mut self.0.open());
        }
    }
}

/// The progress of draining.
struct DrainProgress {
    limits: DrainLimits,
    elapsed: Duration,
    /// For each connection that may be closed: the number of writes so far, and the time since the last one.
    unread: HashMap<u64, (u64, Duration)>,
}

impl DrainProgress {
    /// Closes the connections that have reached a limit. Called once per [`DRAIN_INTERVAL`].
    fn close_finished(&mut self, open: &mut OpenConnections) {
        self.elapsed += DRAIN_INTERVAL;
        let connections = open.all.values().map(|open| &open.connection);
        // Calls on unauthenticated connections do not delay the shutdown.
        let may_end = connections
            .filter(|connection| !connection.is_authenticated() || connection.calls.load(Ordering::Relaxed) == 0);
        let mut expired = Vec::new();
        let mut unread = HashMap::new();
        for connection in may_end {
            let writes = connection.writes.load(Ordering::Relaxed);
            let span = match self.unread.get(&connection.id) {
                Some((before, span)) if *before == writes => *span + DRAIN_INTERVAL,
                Some(_) | None => Duration::ZERO,
            };
            let is_unauthenticated = !connection.is_authenticated();
            if span >= self.limits.unread || (is_unauthenticated && self.elapsed >= self.limits.unauthenticated) {
                expired.push(connection.id);
            } else {
                unread.insert(connection.id, (writes, span));
            }
        }
        self.unread = unread;
        for id in expired {
            open.remove(id);
        }
    }
}

/// An open connection, held by the stream that carries its bytes.
pub struct AdmittedConnection {
    pub(super) connection: Arc<InboundConnection>,
    /// Resolves when the connection must be closed; `None` afterwards.
    pub(super) closing: Option<oneshot::Receiver<Infallible>>,
}

impl AdmittedConnection {
    /// Returns the connection as its calls see it.
    #[must_use]
    pub const fn connection(&self) -> &Arc<InboundConnection> {
        &self.connection
    }
}

impl Drop for AdmittedConnection {
    fn drop(&mut self) {
        self.connection.registry.remove(self.connection.id);
    }
}

/// A connection as its calls see it.
pub struct InboundConnection {
    id: u64,
    remote: SocketAddr,
    peer: PeerNetwork,
    /// The client certificate, if the peer presented one.
    client_identity: OnceLock<Arc<dyn ClientIdentity>>,
    registry: Arc<ConnectionRegistryState>,
    is_authenticated: AtomicBool,
    /// Set if the connection counts in the quota of a caller and is therefore not evictable.
    is_counted: AtomicBool,
    /// Calls whose response has not begun.
    calls: AtomicUsize,
    /// The number of such calls beyond which nothing more is read.
    max_calls: usize,
    /// Woken when reading may go on.
    reader: AtomicWaker,
    /// Calls that ended before one was authenticated, plus calls rejected as unauthenticated since the latest
    /// authenticated one.
    unauthenticated_calls: AtomicUsize,
    /// Permits for health streams.
    watches: Arc<Semaphore>,
    /// The number of writes.
    writes: AtomicU64,
}

impl InboundConnection {
    /// Returns the address of the peer.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Returns the client certificate, if the peer presented one.
    #[must_use]
    pub fn client_identity(&self) -> Option<&Arc<dyn ClientIdentity>> {
        self.client_identity.get()
    }

    /// Sets the client certificate, which stays the same for the life of the connection.
    pub(super) fn set_client_identity(&self, identity: Arc<dyn ClientIdentity>) {
        let _ = self.client_identity.set(identity);
    }

    /// Returns whether a call on this connection has been authenticated.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.is_authenticated.load(Ordering::Relaxed)
    }

    /// Records that a call of `caller` on this connection was authenticated. From now on the connection is not
    /// evictable, unless the caller already holds its quota of connections. In that case it stays evictable until a
    /// later call finds room in the quota.
    pub fn mark_authenticated(&self, caller: &Caller) {
        // For most calls these are three atomic reads.
        if self.unauthenticated_calls.load(Ordering::Relaxed) > 0 {
            self.unauthenticated_calls.store(0, Ordering::Relaxed);
        }
        if !self.is_authenticated() {
            self.is_authenticated.store(true, Ordering::Relaxed);
        }
        if !self.is_counted.load(Ordering::Relaxed) && self.registry.count_for_caller(self, caller) {
            self.is_counted.store(true, Ordering::Relaxed);
        }
    }

    /// Records that a call on this connection was rejected as unauthenticated. Before the first authenticated call,
    /// every call is counted anyway, when it ends.
    pub fn count_unauthenticated_call(&self) {
        if self.is_authenticated() {
            self.unauthenticated_calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until the connection has at most `max_calls` calls in flight, including those that the client has cancelled
    /// and that have not been dropped yet.
    pub fn poll_call_capacity(&self, context: &Context<'_>) -> Poll<()> {
        let has_capacity = || self.calls.load(Ordering::Acquire) <= self.max_calls;
        if has_capacity() {
            return Poll::Ready(());
        }
        self.reader.register(context.waker());
        // A call may have ended before the waker was registered.
        if has_capacity() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Counts a call as in flight until its response begins.
    #[must_use]
    pub fn begin_call(self: &Arc<Self>) -> CallGuard {
        self.calls.fetch_add(1, Ordering::Relaxed);
        CallGuard(Arc::clone(self))
    }

    /// Returns a permit for a health stream on this connection, or `None` if the limit is reached.
    #[must_use]
    pub fn begin_watch(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.watches).try_acquire_owned().ok()
    }

    pub(super) fn count_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for InboundConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundConnection").field("is_authenticated", &self.is_authenticated()).finish_non_exhaustive()
    }
}

/// A call whose response has not begun.
pub struct CallGuard(Arc<InboundConnection>);

impl Drop for CallGuard {
    fn drop(&mut self) {
        let connection = &self.0;
        if connection.calls.fetch_sub(1, Ordering::AcqRel) == connection.max_calls.saturating_add(1) {
            connection.reader.wake();
        }
        if !connection.is_authenticated() {
            connection.unauthenticated_calls.fetch_add(1, Ordering::Relaxed);
        }
        if connection.unauthenticated_calls.load(Ordering::Relaxed) > UNAUTHENTICATED_CALLS {
            connection.registry.remove(connection.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::{CallerRole, TenantScope};

    const QUOTA: ConnectionQuota = ConnectionQuota {
        total: 4,
        unauthenticated: 3,
        unauthenticated_per_peer: 2,
        per_caller: 4,
        calls_per_connection: 2,
    };

    fn caller(name: &str) -> Caller {
        Caller { name: name.to_owned(), role: Some(CallerRole::Metrics), tenants: TenantScope::All }
    }

    fn peer(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], 4711))
    }

    fn admit(registry: &ConnectionRegistry, last: u8) -> AdmittedConnection {
        registry.try_admit(peer(last)).expect("there is room")
    }

    fn is_closing(admitted: &mut AdmittedConnection) -> bool {
        admitted.closing.as_mut().expect("not resolved before").now_or_never().is_some()
    }

    #[test]
    fn the_oldest_of_the_same_peer_gives_way_and_then_the_oldest_of_all() {
        let registry = ConnectionRegistry::new(QUOTA);
        let mut first = admit(&registry, 1);
        let mut second = admit(&registry, 2);
        let mut third = admit(&registry, 2);
        let mut fourth = admit(&registry, 2);
        assert!(is_closing(&mut second), "its peer has two others");
        assert!(!is_closing(&mut first));
        let _fifth = admit(&registry, 3);
        assert!(is_closing(&mut first), "the oldest of all");
        assert!(!is_closing(&mut third) && !is_closing(&mut fourth));
    }

    #[test]
    fn an_authenticated_connection_never_gives_way() {
        let registry = ConnectionRegistry::new(QUOTA);
        let mut own: Vec<_> = (0..4).map(|last| admit(&registry, last)).collect();
        own.remove(0);
        for admitted in &own {
            admitted.connection.mark_authenticated(&caller("own"));
        }
        let mut stranger = admit(&registry, 9);
        own.push(admit(&registry, 8));
        assert!(is_closing(&mut stranger));
        own[3].connection.mark_authenticated(&caller("own"));
        let mut waiting = Box::pin(registry.admit(peer(7)));
        assert!(waiting.as_mut().now_or_never().is_none(), "no connection is evictable");
        assert!(own.iter_mut().all(|admitted| !is_closing(admitted)));
        own.pop();
        assert!(waiting.as_mut().now_or_never().is_some(), "one was closed");
    }

    #[test]
    fn a_connection_without_an_authenticated_call_has_so_many_calls() {
        let registry = ConnectionRegistry::new(QUOTA);
        let (mut stranger, mut authenticated) = (admit(&registry, 1), admit(&registry, 2));
        authenticated.connection.mark_authenticated(&caller("own"));
        for _ in 0..UNAUTHENTICATED_CALLS {
            drop((stranger.connection.begin_call(), authenticated.connection.begin_call()));
        }
        assert!(!is_closing(&mut stranger));
        drop((stranger.connection.begin_call(), authenticated.connection.begin_call()));
        assert!(is_closing(&mut stranger) && !is_closing(&mut authenticated));
    }

    #[test]
    fn connections_beyond_the_quota_of_their_caller_give_way() {
        let quota = ConnectionQuota { per_caller: 2, unauthenticated: 4, unauthenticated_per_peer: 4, ..QUOTA };
        let registry = ConnectionRegistry::new(quota);
        let mut held: Vec<_> = (0..4).map(|_| admit(&registry, 1)).collect();
        for admitted in &held {
            admitted.connection.mark_authenticated(&caller("flood"));
            assert!(admitted.connection.is_authenticated(), "the connection has no time limit");
        }
        let newcomer = admit(&registry, 2);
        assert!(is_closing(&mut held[2]), "the oldest beyond the quota");
        newcomer.connection.mark_authenticated(&caller("newcomer"));
        let _next = admit(&registry, 3);
        assert!(is_closing(&mut held[3]), "the other connection beyond the quota");
        assert!(held[..2].iter_mut().all(|admitted| !is_closing(admitted)), "within the quota");
    }

    #[test]
    fn many_callers_together_leave_room_for_one_that_has_no_connection() {
        let quota = ConnectionQuota { per_caller: 8, ..ConnectionQuota::without_authentication(16) };
        let registry = ConnectionRegistry::new(quota);
        let held: Vec<_> = (0..16).map(|last| admit(&registry, last)).collect();
        for (number, admitted) in held.iter().enumerate() {
            admitted.connection.mark_authenticated(&caller(["a", "b"][number % 2]));
        }
        assert_eq!(registry.0.open().evictable.len(), 2);
        let newcomers: Vec<_> = ["c", "d"].map(|name| (admit(&registry, 20), name)).into();
        for (admitted, name) in &newcomers {
            admitted.connection.mark_authenticated(&caller(name));
        }
        assert!(registry.0.open().evictable.is_empty(), "the connections of both newcomers stay");
        let mut more = Box::pin(registry.admit(peer(21)));
        assert!(more.as_mut().now_or_never().is_none(), "no connection is evictable");
        drop(held);
        assert!(more.as_mut().now_or_never().is_some());
    }

    #[test]
    fn a_call_takes_the_place_that_was_given_back_to_its_caller() {
        let registry = ConnectionRegistry::new(ConnectionQuota { per_caller: 1, ..QUOTA });
        let (first, second) = (admit(&registry, 1), admit(&registry, 2));
        for admitted in [&first, &second] {
            admitted.connection.mark_authenticated(&caller("a"));
        }
        assert_eq!(registry.0.open().by_caller, HashMap::from([("a".to_owned(), 1)]));
        drop(first);
        assert!(registry.0.open().by_caller.is_empty(), "no entry remains of a caller without connections");
        second.connection.mark_authenticated(&caller("a"));
        assert!(registry.0.open().evictable.is_empty());
        // The connection stays counted for the first caller.
        second.connection.mark_authenticated(&caller("b"));
        assert_eq!(registry.0.open().by_caller, HashMap::from([("a".to_owned(), 1)]));
        drop(second);
        assert!(registry.0.open().by_caller.is_empty());
    }

    #[test]
    fn anonymous_callers_have_no_quota() {
        let registry = ConnectionRegistry::new(ConnectionQuota { per_caller: 1, ..QUOTA });
        let admitted: Vec<_> = (1..4).map(|last| admit(&registry, last)).collect();
        for admitted in &admitted {
            admitted.connection.mark_authenticated(&Caller::anonymous());
        }
        assert!(registry.0.open().evictable.is_empty());
    }

    #[test]
    fn refused_calls_count_again_until_one_is_authenticated() {
        let registry = ConnectionRegistry::new(QUOTA);
        let mut admitted = admit(&registry, 1);
        let refuse = |times| {
            for _ in 0..times {
                let call = admitted.connection.begin_call();
                admitted.connection.count_unauthenticated_call();
                drop(call);
            }
        };
        admitted.connection.mark_authenticated(&caller("a"));
        refuse(UNAUTHENTICATED_CALLS);
        admitted.connection.mark_authenticated(&caller("a"));
        refuse(UNAUTHENTICATED_CALLS);
        assert!(registry.0.open().all.contains_key(&admitted.connection.id), "there was a success in between");
        refuse(1);
        assert!(is_closing(&mut admitted));
    }

    #[test]
    fn draining_closes_what_nobody_waits_for_and_leaves_what_is_under_way() {
        let limits = DrainLimits { unauthenticated: DRAIN_INTERVAL * 10, unread: DRAIN_INTERVAL * 20 };
        let registry = ConnectionRegistry::new(QUOTA);
        let [mut stranger, mut unread, mut busy] = [1, 2, 3].map(|last| admit(&registry, last));
        let _half_a_request = stranger.connection.begin_call();
        unread.connection.mark_authenticated(&caller("own"));
        busy.connection.mark_authenticated(&caller("own"));
        let call = busy.connection.begin_call();
        let mut drain = DrainProgress { limits, elapsed: Duration::ZERO, unread: HashMap::new() };
        let mut look = |times| (0..times).for_each(|_| drain.close_finished(&mut registry.0.open()));
        look(9);
        assert!(!is_closing(&mut stranger), "a call may be on its way");
        look(6);
        assert!(is_closing(&mut stranger) && !is_closing(&mut unread));
        unread.connection.count_write();
        look(15);
        assert!(!is_closing(&mut unread), "the client reads");
        look(10);
        assert!(is_closing(&mut unread) && !is_closing(&mut busy));
        drop(call);
        look(21);
        assert!(is_closing(&mut busy));
    }
}
