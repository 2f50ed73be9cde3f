//! The same faults with a part of the protection taken away: then what was revoked is accepted, and the checker says so.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use session_authority::{
    api::RejectReason,
    app::Node as AppNode,
    cache::{CacheEntry, CacheLookup, LiveSession, NearCache},
    clock::{Clock, SystemClock},
    domain::Bucket,
    store::{Invalidation, InvalidationListener, InvalidationSource, Lease, LeaseProof},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    MAX_STALENESS,
    history::{HistoryReport, HistoryViolation, ObservedVerdict, ValidationAnswer},
    load::{LoadNode, SessionLoad},
    scenario::{print_row, start_nodes, wait_a_while},
    tracking::{delayed_listener::DelayedListener, node::CacheNode},
    validator::{HeldSession, SessionValidator},
};
use crate::support::{
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
};

/// Enough for what is right.
const ROUNDS: usize = 5;

/// What is wrong may take longer to show on a machine that is busy.
const MAX_ROUNDS: usize = 30;

const CACHE_BYTES: usize = 16 << 20;

const HOUR: Duration = Duration::from_hours(1);

/// A Redis, and the way to it on which only what tells of changes can be broken.
async fn redis_with_tracking_proxy() -> (RedisServer, TcpProxy) {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    proxy.target_connections("TRACKING");
    (redis, proxy)
}

/// What a validator accepts in several rounds of a fault while others change sessions; no more rounds once it was wrong.
async fn run_mutant(
    name: &str,
    redis: &RedisServer,
    validator: Arc<dyn SessionValidator>,
    fault: impl AsyncFn(),
) -> HistoryReport {
    let (_nodes, places, _keys) = separate_nodes(redis, validator).await;
    run_rounds(name, MAX_ROUNDS, &places, fault).await
}

/// A node where sessions are changed, and a validator that is another.
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

/// What tells of changes is silent again and again, for no longer than the bound.
async fn freeze_repeatedly(proxy: &TcpProxy) {
    for _ in 0..5 {
        proxy.freeze(ProxyDirection::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
        proxy.thaw(ProxyDirection::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
    }
}

/// What tells of changes is silent for a while.
async fn freeze_once(proxy: &TcpProxy) {
    proxy.freeze(ProxyDirection::Replies);
    wait_a_while().await;
    proxy.thaw(ProxyDirection::Replies);
}

impl HistoryReport {
    /// Something that was accepted when it had ended, though not as long ago as that.
    fn find_stale(&self, most: Duration) -> Option<&HistoryViolation> {
        let is_stale =
            |violation: &&HistoryViolation| matches!(violation, HistoryViolation::Stale { by, .. } if *by < most);
        self.violations.iter().find(is_stale)
    }

    #[track_caller]
    fn assert_stale(&self) {
        assert!(self.find_stale(Duration::MAX).is_some(), "{self:?}");
    }

    /// Something was accepted within the bound where there is none.
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
    run_rounds("twins: full protection, frozen", ROUNDS, &places, async || freeze_once(&proxy).await)
        .await
        .assert_valid();
}

/// A lease that holds for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bound_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let near = Arc::new(NearCache::new(CACHE_BYTES));
    let node = Arc::new(CacheNode::with_cache(&redis.url_through(proxy.address()), near, HOUR, |near| near).await);
    run_mutant("twins: a bound of an hour, frozen", &redis, node, async || freeze_once(&proxy).await)
        .await
        .assert_stale();
}

/// A lease that is renewed by the clock alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_probe_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let (leases, renewed) = mpsc::channel(1_024);
    let through = |near| Arc::new(LeaseRecorder { near, leases }) as _;
    let node = Arc::new(CacheNode::with_listener(&redis.url_through(proxy.address()), through).await);
    let mut renewing = JoinSet::new();
    renewing.spawn(renew_without_probe(renewed));
    run_mutant("twins: renewed without a probe, frozen", &redis, node, async || freeze_once(&proxy).await)
        .await
        .assert_stale();
}

/// Changes that go through a queue whose reader comes late, while proofs do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_changes_are_not_applied_where_they_arrive_a_lease_proves_nothing() {
    let redis = RedisServer::start().await;
    let mut applying = JoinSet::new();
    let through = |near| {
        let later = DelayedListener::new(near);
        later.set_delayed(true);
        applying.spawn(apply_periodically(Arc::clone(&later)));
        later as _
    };
    let node = Arc::new(CacheNode::with_listener(&redis.url(), through).await);
    run_mutant("twins: changes through a slow queue", &redis, node, wait_a_while).await.assert_stale();
}

/// A ticket taken when the answer is here, so that nothing can have changed since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_late_ticket_what_was_read_before_a_change_is_kept_after_it() {
    let redis = RedisServer::start().await;
    let late = Arc::new(LateTicketValidator(CacheNode::connect(&redis.url()).await));
    run_mutant("twins: a late ticket", &redis, late, wait_a_while).await.assert_stale();
}

/// Who answers the revocation does not forget what it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_keeps_what_it_ends_accepts_it_until_the_invalidation() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let node = Arc::new(CacheNode::connect(&redis.url_through(proxy.address())).await);
    let (_nodes, mut channels, _keys) = start_nodes(&[redis.url()]).await;
    let forgetful = LoadNode { changes: channels.pop(), validates: Some(node) };
    run_rounds("twins: ended here and not forgotten", MAX_ROUNDS, &[forgetful], async || {
        freeze_repeatedly(&proxy).await;
    })
    .await
    .assert_stale_within_bound();
}

/// A STRONG validation that is answered as any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_waiting_for_invalidations_a_strong_validation_accepts_what_ended() {
    let (redis, proxy) = redis_with_tracking_proxy().await;
    let hasty = Arc::new(BoundedOnlyValidator(CacheNode::connect(&redis.url_through(proxy.address())).await));
    run_mutant("twins: strong without waiting", &redis, hasty, async || freeze_repeatedly(&proxy).await)
        .await
        .assert_stale_within_bound();
}

/// Passes everything on, and lets the leases be known.
struct LeaseRecorder {
    near: Arc<NearCache>,
    leases: mpsc::Sender<Arc<Lease>>,
}

impl InvalidationListener for LeaseRecorder {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.attach(bucket, lease);
        self.leases.try_send(Arc::clone(lease)).expect("room");
    }

    /// Nobody notices that nothing is told any more.
    fn detach(&self, _: Bucket, _: &Arc<Lease>) {}

    fn invalidate(&self, change: Invalidation) {
        self.near.invalidate(change);
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

/// Answers what is asked of it STRONG as if it were not.
struct BoundedOnlyValidator(CacheNode);

#[async_trait]
impl SessionValidator for BoundedOnlyValidator {
    async fn validate(&self, held: &HeldSession, _: bool) -> ValidationAnswer {
        self.0.validate(held, false).await
    }
}

/// Validates as [`session_authority::cache::Reads`] does, but for when the ticket is taken.
struct LateTicketValidator(CacheNode);

impl LateTicketValidator {
    async fn list_revocations(&self, lease: &Arc<Lease>) {
        let CacheNode { near, store, .. } = &self.0;
        for ticket in near.pending_revocations(lease) {
            let found = store.read_revocations(lease, &[(ticket.bucket, ticket.since)]).await.unwrap_or_default();
            for revocations in &found {
                near.apply_revocations(&ticket, revocations);
            }
        }
    }
}

#[async_trait]
impl SessionValidator for LateTicketValidator {
    async fn validate(&self, held: &HeldSession, _: bool) -> ValidationAnswer {
        let CacheNode { near, store, .. } = &self.0;
        let is_enough = |proof: LeaseProof| proof.is_fresh(SystemClock.instant(), MAX_STALENESS);
        let lease = match near.look_up(held.id, is_enough) {
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
        let live =
            read.found.filter(|(_, generation)| read.generations.for_tenant.is_none_or(|raised| raised <= *generation));
        let Some((session, _)) = live else {
            return ValidationAnswer::without_as_of(ObservedVerdict::Rejected(RejectReason::Unknown));
        };
        // Whoever has read is held up for a moment.
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let CacheLookup::Miss(late) = near.look_up(held.id, is_enough) {
            let pass = Arc::new(LiveSession::new(session, |_| Box::default()));
            near.insert(&late, held.id, CacheEntry::Live(pass), Some(read.generations.latest));
        }
        ValidationAnswer::without_as_of(ObservedVerdict::Accepted { from_memory: false })
    }
}
