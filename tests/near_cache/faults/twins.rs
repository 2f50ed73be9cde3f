//! The same faults with a part of the protection taken away: then what was revoked is accepted, and the checker says so.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use session_authority::{
    api::RejectReason,
    app::Node as AppNode,
    cache::{Known, Look, NearCache, Pass},
    clock::{Clock, SystemClock},
    domain::Bucket,
    store::{Change, ChangeListener, Lease, Proof, TrackedStore},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    MAX_STALENESS,
    feed::{later::Later, node::Node},
    history::{Answer, Report, Verdict, Violation},
    load::{Load, Place},
    scene::{a_while, start_nodes, tell},
    validator::{Held, Validator},
};
use crate::support::{
    proxy::{Direction, TcpProxy},
    redis::RedisServer,
};

/// Enough for what is right.
const ROUNDS: usize = 5;

/// What is wrong may take longer to show on a machine that is busy.
const MOST_ROUNDS: usize = 30;

const MEMORY: usize = 16 << 20;

const HOUR: Duration = Duration::from_hours(1);

/// A Redis, and the way to it on which only what tells of changes can be broken.
async fn place() -> (RedisServer, TcpProxy) {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::to(redis.address()).await;
    proxy.aim_at("TRACKING");
    (redis, proxy)
}

/// What a validator accepts in several rounds of a fault while others change sessions; no more rounds once it was wrong.
async fn accepts(name: &str, redis: &RedisServer, validator: Arc<dyn Validator>, fault: impl AsyncFn()) -> Report {
    let (_nodes, places, _keys) = apart(redis, validator).await;
    accepts_at(name, MOST_ROUNDS, &places, fault).await
}

/// A node where sessions are changed, and a validator that is another.
async fn apart(redis: &RedisServer, validator: Arc<dyn Validator>) -> (Vec<AppNode>, [Place; 2], TempDir) {
    let (nodes, mut channels, keys) = start_nodes(&[redis.url()]).await;
    let changes = Place { changes: channels.pop(), validates: None };
    (nodes, [changes, Place { changes: None, validates: Some(validator) }], keys)
}

async fn accepts_at(name: &str, rounds: usize, places: &[Place], fault: impl AsyncFn()) -> Report {
    let load = Load::start(1, places).await;
    for _ in 0..rounds {
        a_while().await;
        fault().await;
        if load.report(MAX_STALENESS).stale(Duration::MAX).is_some() {
            break;
        }
    }
    let report = load.stop(MAX_STALENESS).await;
    tell(name, &report);
    report
}

/// What tells of changes is silent again and again, for no longer than the bound.
async fn blink(proxy: &TcpProxy) {
    for _ in 0..5 {
        proxy.freeze(Direction::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
        proxy.thaw(Direction::Replies);
        tokio::time::sleep(MAX_STALENESS).await;
    }
}

/// What tells of changes is silent for a while.
async fn freeze(proxy: &TcpProxy) {
    proxy.freeze(Direction::Replies);
    a_while().await;
    proxy.thaw(Direction::Replies);
}

impl Report {
    /// Something that was accepted when it had ended, though not as long ago as that.
    fn stale(&self, most: Duration) -> Option<&Violation> {
        let is_stale = |violation: &&Violation| matches!(violation, Violation::Stale { by, .. } if *by < most);
        self.violations.iter().find(is_stale)
    }

    #[track_caller]
    fn is_stale(&self) {
        assert!(self.stale(Duration::MAX).is_some(), "{self:?}");
    }

    /// Something was accepted within the bound where there is none.
    #[track_caller]
    fn is_stale_within_the_bound(&self) {
        assert!(self.stale(MAX_STALENESS).is_some(), "{self:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_all_its_protection_a_frozen_connection_does_no_harm() {
    let (redis, proxy) = place().await;
    let node = Arc::new(Node::on(&redis.url_through(proxy.address())).await);
    let (_nodes, places, _keys) = apart(&redis, node).await;
    accepts_at("twins: full protection, frozen", ROUNDS, &places, async || freeze(&proxy).await).await.is_right();
}

/// A lease that holds for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bound_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = place().await;
    let near = Arc::new(NearCache::new(MEMORY));
    let node = Arc::new(Node::with(&redis.url_through(proxy.address()), near, HOUR, |near| near).await);
    accepts("twins: a bound of an hour, frozen", &redis, node, async || freeze(&proxy).await).await.is_stale();
}

/// A lease that is renewed by the clock alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_probe_a_frozen_connection_keeps_sessions_alive() {
    let (redis, proxy) = place().await;
    let (leases, renewed) = mpsc::channel(1_024);
    let through = |near| Arc::new(Overheard { near, leases }) as _;
    let node = Arc::new(Node::telling(&redis.url_through(proxy.address()), through).await);
    let mut renewing = JoinSet::new();
    renewing.spawn(renew_by_the_clock(renewed));
    accepts("twins: renewed without a probe, frozen", &redis, node, async || freeze(&proxy).await).await.is_stale();
}

/// Changes that go through a queue whose reader comes late, while proofs do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_changes_are_not_applied_where_they_arrive_a_lease_proves_nothing() {
    let redis = RedisServer::start().await;
    let mut applying = JoinSet::new();
    let through = |near| {
        let later = Later::new(near);
        later.put_off(true);
        applying.spawn(apply_now_and_then(Arc::clone(&later)));
        later as _
    };
    let node = Arc::new(Node::telling(&redis.url(), through).await);
    accepts("twins: changes through a slow queue", &redis, node, a_while).await.is_stale();
}

/// A ticket taken when the answer is here, so that nothing can have changed since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_late_ticket_what_was_read_before_a_change_is_kept_after_it() {
    let redis = RedisServer::start().await;
    let late = Arc::new(LateTicket(Node::on(&redis.url()).await));
    accepts("twins: a late ticket", &redis, late, a_while).await.is_stale();
}

/// Who answers the revocation does not forget what it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_forget_what_it_ends_accepts_it_until_it_is_told() {
    let (redis, proxy) = place().await;
    let node = Arc::new(Node::on(&redis.url_through(proxy.address())).await);
    let (_nodes, mut channels, _keys) = start_nodes(&[redis.url()]).await;
    let forgetful = Place { changes: channels.pop(), validates: Some(node) };
    accepts_at("twins: ended here and not forgotten", MOST_ROUNDS, &[forgetful], async || blink(&proxy).await)
        .await
        .is_stale_within_the_bound();
}

/// A STRONG validation that is answered as any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_waiting_for_what_is_to_be_told_a_strong_validation_accepts_what_ended() {
    let (redis, proxy) = place().await;
    let hasty = Arc::new(Hasty(Node::on(&redis.url_through(proxy.address())).await));
    accepts("twins: strong without waiting", &redis, hasty, async || blink(&proxy).await)
        .await
        .is_stale_within_the_bound();
}

/// Passes everything on, and lets the leases be known.
struct Overheard {
    near: Arc<NearCache>,
    leases: mpsc::Sender<Arc<Lease>>,
}

impl ChangeListener for Overheard {
    fn attached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.attached(bucket, lease);
        self.leases.try_send(Arc::clone(lease)).expect("room");
    }

    /// Nobody notices that nothing is told any more.
    fn detached(&self, _: Bucket, _: &Arc<Lease>) {}

    fn changed(&self, change: Change) {
        self.near.changed(change);
    }
}

async fn apply_now_and_then(later: Arc<Later>) {
    loop {
        tokio::time::sleep(MAX_STALENESS * 4).await;
        later.catch_up();
    }
}

async fn renew_by_the_clock(mut renewed: mpsc::Receiver<Arc<Lease>>) {
    let mut leases = Vec::new();
    loop {
        while let Ok(lease) = renewed.try_recv() {
            leases.push(lease);
        }
        for lease in &leases {
            lease.renew(SystemClock.moment());
        }
        tokio::time::sleep(MAX_STALENESS / 10).await;
    }
}

/// Answers what is asked of it STRONG as if it were not.
struct Hasty(Node);

#[async_trait]
impl Validator for Hasty {
    async fn judge(&self, held: &Held, _: bool) -> Answer {
        self.0.judge(held, false).await
    }
}

/// Validates as [`session_authority::cache::Reads`] does, but for when the ticket is taken.
struct LateTicket(Node);

impl LateTicket {
    async fn list_revocations(&self, lease: &Arc<Lease>) {
        let Node { near, store, .. } = &self.0;
        for ticket in near.pending_revocations(lease) {
            let found = store.read_revocations(lease, &[(ticket.bucket, ticket.since)]).await.unwrap_or_default();
            for revocations in &found {
                near.list_revocations(&ticket, revocations);
            }
        }
    }
}

#[async_trait]
impl Validator for LateTicket {
    async fn judge(&self, held: &Held, _: bool) -> Answer {
        let Node { near, store, .. } = &self.0;
        let is_enough = |proof: Proof| proof.holds(SystemClock.moment(), MAX_STALENESS);
        let lease = match near.look(held.id, is_enough) {
            Look::Known { .. } => return Answer::bare(Verdict::Accepted { from_memory: true }),
            Look::Unknown(ticket) => ticket.lease,
            Look::RevocationsPending(lease) => {
                self.list_revocations(&lease).await;
                return Answer::UNAVAILABLE;
            }
            Look::Unproven(_) | Look::Untold => return Answer::UNAVAILABLE,
        };
        lease.want();
        let Ok(read) = store.read(&lease, held.id).await else { return Answer::UNAVAILABLE };
        let live =
            read.found.filter(|(_, generation)| read.raised.concerning.is_none_or(|raised| raised <= *generation));
        let Some((session, _)) = live else { return Answer::bare(Verdict::Rejected(RejectReason::Unknown)) };
        // Whoever has read is held up for a moment.
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let Look::Unknown(late) = near.look(held.id, is_enough) {
            let pass = Arc::new(Pass::new(session, |_| Box::default()));
            near.keep(&late, held.id, Known::Live(pass), Some(read.raised.latest));
        }
        Answer::bare(Verdict::Accepted { from_memory: false })
    }
}
