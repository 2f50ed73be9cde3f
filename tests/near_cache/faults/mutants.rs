//! The same faults with a part of the protection removed: revoked sessions are accepted, and the checker finds that.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use session_authority::{
    api::RejectReason,
    app::Node as AppNode,
    clock::{Clock, SystemClock},
    domain::Bucket,
    near_cache::{
        CacheLookup, CacheMemory, LiveSession, SessionStatus,
        source::{Invalidation, InvalidationListener, InvalidationSource, Lease, LeaseProof},
    },
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    MAX_STALENESS,
    history::{HistoryReport, HistoryViolation, ObservedVerdict, ValidationAnswer},
    load::{LoadNode, SessionLoad},
    scenario::{print_row, start_nodes, wait_a_while},
    tracking::{
        delayed_listener::DelayedListener,
        node::{CACHE_BYTES, CacheNode},
    },
    validator::{HeldSession, SessionValidator},
};
use crate::support::{
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
};

/// Rounds for the unmodified node.
const ROUNDS: usize = 5;

/// Maximum rounds of a mutant, whose violation may take longer to occur on a busy machine.
const MAX_ROUNDS: usize = 30;

const HOUR: Duration = Duration::from_hours(1);

/// Starts a Redis with a proxy that can break only the tracking connection.
async fn redis_with_tracking_proxy() -> (RedisServer, TcpProxy) {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    proxy.target_connections("TRACKING");
    (redis, proxy)
}

/// Runs a fault against a validator while another node changes sessions, until the first stale acceptance.
async fn run_mutant(
    name: &str,
    redis: &RedisServer,
    validator: Arc<dyn SessionValidator>,
    fault: impl AsyncFn(),
) -> HistoryReport {
    let (_nodes, places, _keys) = separate_nodes(redis, validator).await;
    run_rounds(name, MAX_ROUNDS, &places, fault).await
}

/// Starts a node on which sessions are changed, next to a separate validator.
async fn separate_nodes(
    redis: &RedisServer,
    validator: Arc<dyn SessionValidator>,
) -> (Vec<AppNode>, [LoadNode; 2], TempDir) {
    let (nodes, mut channels, keys) = start_nodes(&[redis.url()]).await;
    let changes = LoadNode { changes: channels.pop(), validates: None };
    (nodes, [changes, LoadNode { changes: None, validates: Some(validator) }], keys)
}

async fn run_rounds(name: &str, rounds: usize, places: &[LoadNode], fault: impl AsyncFn()) -> HistoryReport {
    let load = SessionLoad::start(1, places).await;
    for _ in 0..rounds {
        wait_a_while().await;
        fault().await;
        if load.report(MAX_STALENESS).find_stale(Duration::MAX).is_some() {
            break;
        }
    }
    let report = load.stop(MAX_STALENESS).await;
    print_row(name, &report);
    report
}

/// Freezes the tracking connection repeatedly, each time for no longer than the bound.
async fn freeze_repeatedly(proxy: &TcpProxy) {
    for _ in 0..5 {
        proxy.freeze(ProxyDirection::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
        proxy.thaw(ProxyDirection::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
    }
}

/// Freezes the tracking connection for a while.
async fn freeze_once(proxy: &TcpProxy) {
    proxy.freeze(ProxyDirection::Replies);
    wait_a_while().await;
    proxy.thaw(ProxyDirection::Replies);
}

impl HistoryReport {
    /// Returns a stale acceptance by less than `most`.
    fn find_stale(&self, most: Duration) -> Option<&HistoryViolation> {
        let is_stale =
            |violation: &&HistoryViolation| matches!(violation, HistoryViolation::Stale { by, .. } if *by < most);
        self.violations.iter().find(is_stale)
    }

    #[track_caller]
    fn assert_stale(&self) {
        assert!(self.find_stale(Duration::MAX).is_some(), "{self:?}");
    }

    /// Asserts that a session was accepted within the bound although no bound applies.
    #[track_caller]
    fn assert_stale_within_bound(&self) {
        assert!(self.find_stale(MAX_STALENESS).is_some(), "{self:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_all_its_protection_a_frozen_connection_does_no_harm() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let node = Arc::new(CacheNode::connect(&redis.url_through(proxy.address())).await);
    let (_nodes, places, _keys) = separate_nodes(&redis, node).await;
    run_rounds("mutant: full protection, frozen", ROUNDS, &places, async || freeze_once(&proxy).await)
        .await
        .assert_valid();
}

/// A lease that is valid for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bound_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let url = redis.url_through(proxy.address());
    let node = Arc::new(CacheNode::with_cache(&url, CACHE_BYTES, HOUR, |memory| memory).await);
    run_mutant("mutant: a bound of an hour, frozen", &redis, node, async || freeze_once(&proxy).await)
        .await
        .assert_stale();
}

/// A lease that is renewed by the clock alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_probe_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let (leases, renewed) = mpsc::channel(1_024);
    let through = |memory| Arc::new(LeaseRecorder { memory, leases }) as _;
    let node = Arc::new(CacheNode::with_listener(&redis.url_through(proxy.address()), through).await);
    let mut renewing = JoinSet::new();
    renewing.spawn(renew_without_probe(renewed));
    run_mutant("mutant: renewed without a probe, frozen", &redis, node, async || freeze_once(&proxy).await)
        .await
        .assert_stale();
}

/// Invalidations that pass through a slow queue, while proofs do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_changes_are_not_applied_where_they_arrive_a_lease_proves_nothing() {
    let redis = RedisServer::start().await;
    let mut applying = JoinSet::new();
    let through = |memory| {
        let later = DelayedListener::new(memory);
        later.set_delayed(true);
        applying.spawn(apply_periodically(Arc::clone(&later)));
        later as _
    };
    let node = Arc::new(CacheNode::with_listener(&redis.url(), through).await);
    run_mutant("mutant: changes through a slow queue", &redis, node, wait_a_while).await.assert_stale();
}

/// A ticket that is taken when the result has arrived, so no invalidation can have arrived since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_late_ticket_what_was_read_before_a_change_is_kept_after_it() {
    let redis = RedisServer::start().await;
    let late = Arc::new(LateTicketValidator(CacheNode::connect(&redis.url()).await));
    run_mutant("mutant: a late ticket", &redis, late, wait_a_while).await.assert_stale();
}

/// A node that responds to a revocation without invalidating the ended sessions in its own cache.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_keeps_what_it_ends_accepts_it_until_the_invalidation() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let node = Arc::new(CacheNode::connect(&redis.url_through(proxy.address())).await);
    let (_nodes, mut channels, _keys) = start_nodes(&[redis.url()]).await;
    let forgetful = LoadNode { changes: channels.pop(), validates: Some(node) };
    run_rounds("mutant: no local invalidation", MAX_ROUNDS, &[forgetful], async || {
        freeze_repeatedly(&proxy).await;
    })
    .await
    .assert_stale_within_bound();
}

/// A STRONG validation that is handled like any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_waiting_for_invalidations_a_strong_validation_accepts_what_ended() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let hasty = Arc::new(BoundedOnlyValidator(CacheNode::connect(&redis.url_through(proxy.address())).await));
    run_mutant("mutant: strong without waiting", &redis, hasty, async || freeze_repeatedly(&proxy).await)
        .await
        .assert_stale_within_bound();
}

/// Passes on everything and collects the leases.
struct LeaseRecorder {
    memory: Arc<CacheMemory>,
    leases: mpsc::Sender<Arc<Lease>>,
}

impl InvalidationListener for LeaseRecorder {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.memory.attach(bucket, lease);
        self.leases.try_send(Arc::clone(lease)).expect("room");
    }

    /// Ignores that invalidations no longer arrive.
    fn detach(&self, _: Bucket, _: &Arc<Lease>) {}

    fn invalidate(&self, change: Invalidation) {
        self.memory.invalidate(change);
    }
}

async fn apply_periodically(later: Arc<DelayedListener>) {
    loop {
        tokio::time::sleep(MAX_STALENESS * 4).await;
        later.deliver_pending();
    }
}

async fn renew_without_probe(mut renewed: mpsc::Receiver<Arc<Lease>>) {
    let mut leases = Vec::new();
    loop {
        while let Ok(lease) = renewed.try_recv() {
            leases.push(lease);
        }
        for lease in &leases {
            lease.renew(SystemClock.instant());
        }
        tokio::time::sleep(MAX_STALENESS / 10).await;
    }
}

/// Handles STRONG validations as BOUNDED ones.
struct BoundedOnlyValidator(CacheNode);

#[async_trait]
impl SessionValidator for BoundedOnlyValidator {
    async fn validate(&self, held: &HeldSession, _: bool) -> ValidationAnswer {
        self.0.validate(held, false).await
    }
}

/// Validates like [`session_authority::near_cache::SessionReader`], but takes the ticket too late.
struct LateTicketValidator(CacheNode);

impl LateTicketValidator {
    async fn list_revocations(&self, lease: &Arc<Lease>) {
        let CacheNode { memory, store, .. } = &self.0;
        for ticket in memory.pending_revocations(lease) {
            let found = store.read_revocations(lease, &[(ticket.bucket, ticket.since)]).await.unwrap_or_default();
            for revocations in &found {
                memory.apply_revocations(&ticket, revocations);
            }
        }
    }
}

#[async_trait]
impl SessionValidator for LateTicketValidator {
    async fn validate(&self, held: &HeldSession, _: bool) -> ValidationAnswer {
        let CacheNode { memory, store, .. } = &self.0;
        let is_enough = |proof: LeaseProof| proof.is_fresh(SystemClock.instant(), MAX_STALENESS);
        let lease = match memory.look_up(held.id, is_enough) {
            CacheLookup::Hit { .. } => {
                return ValidationAnswer::without_as_of(ObservedVerdict::Accepted { from_memory: true });
            }
            CacheLookup::Miss(ticket) => ticket.lease,
            CacheLookup::RevocationsPending(lease) => {
                self.list_revocations(&lease).await;
                return ValidationAnswer::UNAVAILABLE;
            }
            CacheLookup::LeaseTooOld(_) | CacheLookup::NotTracked => return ValidationAnswer::UNAVAILABLE,
        };
        lease.request_renewal();
        let Ok(read) = store.read_session(&lease, held.id).await else { return ValidationAnswer::UNAVAILABLE };
        let Some(session) = read.session else {
            return ValidationAnswer::without_as_of(ObservedVerdict::Rejected(RejectReason::Unknown));
        };
        // A short pause between the read and the insertion.
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let CacheLookup::Miss(late) = memory.look_up(held.id, is_enough) {
            let live = Arc::new(LiveSession::new(session, |_| Box::default()));
            memory.insert(&late, held.id, SessionStatus::Live(live), read.latest);
        }
        ValidationAnswer::without_as_of(ObservedVerdict::Accepted { from_memory: false })
    }
}
