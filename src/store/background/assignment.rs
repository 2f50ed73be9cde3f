//! The buckets of this node, and the queues in them that may have entries.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::Notify;

use super::{BucketClaim, BucketClaims, ClusterView, LiveNode, NodeId, NodeReport, StoreNotification, report};
use crate::domain::{Bucket, BucketSet, UnixMillis};

/// The assignment of this node: the buckets that it owns, and the queues in them that may have entries. It is shared by
/// the loops that divide the work, that listen for notifications, and that do the work.
#[derive(Debug)]
pub struct BucketAssignment {
    node: NodeId,
    state: Mutex<AssignmentState>,
    /// The number of buckets that this node took over from another one.
    takeovers: AtomicU64,
    is_listening: AtomicBool,
    events: Notify,
    findings: Notify,
    claimed: Notify,
    nodes: Notify,
}

#[derive(Debug)]
struct AssignmentState {
    claims: BucketClaims,
    /// Owned buckets that were not inspected since they were claimed.
    uninspected: BucketSet,
    /// Buckets that another node may have claimed from this one. They need not be owned: the notification of a claim
    /// may arrive before the response to the claim of this node that preceded it.
    unconfirmed: BucketSet,
    outbox: [OutboxMark; 256],
    findings: BucketSet,
    report: NodeReport,
    /// The other nodes as of the last heartbeat.
    others: Option<Vec<LiveNode>>,
}

/// The known state of the outbox of a bucket.
#[derive(Clone, Copy, Debug, Default)]
struct OutboxMark {
    /// The number of announced events so far.
    announced: u64,
    /// The value of `announced` when the outbox was last found empty. Equal values mean that no event waits.
    empty_as_of: u64,
}

/// The outboxes that may have entries, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedOutboxes {
    pub buckets: BucketSet,
    announced: Vec<(Bucket, u64)>,
}

impl BucketAssignment {
    /// Creates the assignment of a node that owns no bucket yet.
    #[must_use]
    pub fn new(node: NodeId) -> Self {
        let state = AssignmentState {
            claims: BucketClaims::new(),
            uninspected: BucketSet::EMPTY,
            unconfirmed: BucketSet::EMPTY,
            outbox: [OutboxMark::default(); 256],
            findings: BucketSet::EMPTY,
            report: NodeReport::default(),
            others: None,
        };
        Self {
            node,
            state: Mutex::new(state),
            takeovers: AtomicU64::new(0),
            is_listening: AtomicBool::new(false),
            events: Notify::new(),
            findings: Notify::new(),
            claimed: Notify::new(),
            nodes: Notify::new(),
        }
    }

    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    #[must_use]
    pub fn owned(&self) -> BucketSet {
        self.state().owned()
    }

    /// Returns the claim of this node to a bucket, if it has one.
    #[must_use]
    pub fn claim(&self, bucket: Bucket) -> Option<BucketClaim> {
        self.state().claims.get(&bucket).copied()
    }

    /// Returns the claims to all buckets of this node, for a piece of work that begins now.
    #[must_use]
    pub fn claims(&self) -> BucketClaims {
        self.state().claims.clone()
    }

    /// Records claims that the store accepted. A bucket whose claim is new may have events, and must be inspected.
    pub fn accept_claims(&self, claims: &[BucketClaim]) {
        let mut state = self.state();
        let mut takeovers = 0;
        for claim in claims {
            if state.claims.insert(claim.bucket, *claim) == Some(*claim) {
                continue;
            }
            state.uninspected.insert(claim.bucket);
            state.outbox[usize::from(claim.bucket.0)].announced += 1;
            takeovers += u64::from(claim.epoch > 1);
        }
        drop(state);
        self.takeovers.fetch_add(takeovers, Ordering::Relaxed);
        self.events.notify_one();
        self.claimed.notify_one();
    }

    /// Takes the buckets of `share` to which this node has no claim, or an unconfirmed one. A claim that becomes
    /// unconfirmed while they are claimed stays so.
    #[must_use]
    pub fn take_unclaimed(&self, share: BucketSet) -> BucketSet {
        let mut state = self.state();
        let doubted = std::mem::take(&mut state.unconfirmed);
        share.difference(state.owned().difference(doubted))
    }

    /// Marks the claims to these buckets as unconfirmed, so that they are confirmed with the next heartbeat.
    pub fn mark_unconfirmed(&self, buckets: BucketSet) {
        let mut state = self.state();
        state.unconfirmed = state.unconfirmed.union(buckets);
    }

    /// Gives up every bucket that is not in `share`.
    pub fn retain(&self, share: BucketSet) {
        let mut state = self.state();
        state.claims.retain(|bucket, _| share.contains(*bucket));
        let owned = state.owned();
        (state.uninspected, state.findings) =
            (state.uninspected.intersection(owned), state.findings.intersection(owned));
        state.report.buckets = state.report.buckets.intersection(owned);
    }

    /// Drops a claim under which the store refused a step, because another node owns the bucket.
    pub fn drop_claim(&self, lost: BucketClaim) {
        let mut state = self.state();
        if state.claims.get(&lost.bucket) == Some(&lost) {
            state.claims.remove(&lost.bucket);
            state.report.buckets.remove(lost.bucket);
        }
        drop(state);
        self.nodes.notify_one();
    }

    /// Handles a notification. Those about buckets of other nodes are ignored.
    pub fn handle_notification(&self, notification: StoreNotification) {
        match notification {
            StoreNotification::Events(bucket) => self.mark_events([bucket].into_iter().collect()),
            StoreNotification::Findings(bucket) => self.mark_findings([bucket].into_iter().collect()),
            StoreNotification::Claimed(bucket) => {
                self.mark_unconfirmed([bucket].into_iter().collect());
                self.nodes.notify_one();
            }
            StoreNotification::NodesChanged => self.nodes.notify_one(),
        }
    }

    /// Marks outboxes that may have events.
    pub fn mark_events(&self, buckets: BucketSet) {
        let mut state = self.state();
        for bucket in buckets.intersection(state.owned()).iter() {
            state.outbox[usize::from(bucket.0)].announced += 1;
        }
        drop(state);
        self.events.notify_one();
    }

    /// Marks buckets that may have findings.
    pub fn mark_findings(&self, buckets: BucketSet) {
        let mut state = self.state();
        let owned = buckets.intersection(state.owned());
        state.findings = state.findings.union(owned);
        drop(state);
        if !owned.is_empty() {
            self.findings.notify_one();
        }
    }

    /// Returns the outboxes of this node that may have events.
    #[must_use]
    pub fn marked_events(&self) -> MarkedOutboxes {
        let state = self.state();
        let marks = state.claims.keys().map(|bucket| (*bucket, state.outbox[usize::from(bucket.0)]));
        let waiting = marks.filter(|(_, mark)| mark.announced != mark.empty_as_of);
        let announced: Vec<_> = waiting.map(|(bucket, mark)| (bucket, mark.announced)).collect();
        MarkedOutboxes { buckets: announced.iter().map(|(bucket, _)| *bucket).collect(), announced }
    }

    /// Records that outboxes were found empty after `marks` were read. An outbox that was marked again since then stays
    /// marked.
    pub fn clear_events(&self, marks: &MarkedOutboxes, empty: BucketSet) {
        let mut state = self.state();
        for (bucket, announced) in marks.announced.iter().filter(|(bucket, _)| empty.contains(*bucket)) {
            let mark = &mut state.outbox[usize::from(bucket.0)];
            mark.empty_as_of = mark.empty_as_of.max(*announced);
        }
    }

    /// Takes the buckets that may have findings, and removes their marks.
    #[must_use]
    pub fn take_findings(&self) -> BucketSet {
        std::mem::take(&mut self.state().findings)
    }

    /// Takes the buckets that were claimed and not inspected yet, at most `limit`.
    #[must_use]
    pub fn take_uninspected(&self, limit: usize) -> BucketSet {
        let mut state = self.state();
        let some: BucketSet = state.uninspected.iter().take(limit).collect();
        state.uninspected = state.uninspected.difference(some);
        some
    }

    /// Marks these buckets as not inspected, so that they are inspected soon.
    pub fn put_back_uninspected(&self, buckets: BucketSet) {
        let mut state = self.state();
        state.uninspected = state.uninspected.union(buckets.intersection(state.owned()));
    }

    /// Changes the report that this node sends with its next heartbeat. Only buckets that it still owns count.
    pub fn update_report(&self, change: impl FnOnce(&mut NodeReport)) {
        let mut state = self.state();
        change(&mut state.report);
        state.report.buckets = state.report.buckets.intersection(state.owned());
    }

    #[must_use]
    pub fn own_report(&self) -> NodeReport {
        self.state().report
    }

    /// Returns the reports of all nodes together: this one's now, the others' as of the last heartbeat. Returns `None`
    /// while heartbeats fail, because old reports do not count.
    #[must_use]
    pub fn cluster_view(&self) -> Option<ClusterView> {
        let state = self.state();
        state.others.as_ref().map(|others| ClusterView::combine(&state.report, others))
    }

    /// Returns the time up to which the other nodes have swept all buckets that this node does not own: the latest
    /// possible time if there are none. Returns `None` if that is not known for every bucket, or heartbeats fail.
    #[must_use]
    pub fn others_swept_until(&self) -> Option<UnixMillis> {
        let state = self.state();
        let elsewhere = BucketSet::ALL.difference(state.owned());
        state.others.as_ref().and_then(|others| report::swept_until(others, elsewhere))
    }

    /// Returns the other nodes as of the last heartbeat. Empty while heartbeats fail.
    #[must_use]
    pub fn others(&self) -> Vec<LiveNode> {
        self.state().others.clone().unwrap_or_default()
    }

    /// Sets the other live nodes; `None` if they are no longer known.
    pub fn set_others(&self, others: Option<Vec<LiveNode>>) {
        self.state().others = others;
    }

    /// Returns whether notifications are received. Otherwise this node polls everything that it owns.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// Records whether notifications are received. Earlier ones may have been missed, so everything is marked and every
    /// claim becomes unconfirmed.
    pub fn set_listening(&self, is_listening: bool) {
        self.is_listening.store(is_listening, Ordering::Relaxed);
        self.mark_unconfirmed(BucketSet::ALL);
        self.nodes.notify_one();
        self.mark_events(BucketSet::ALL);
        self.mark_findings(BucketSet::ALL);
    }

    /// Returns the number of buckets that this node took over from another one since it started.
    #[must_use]
    pub fn takeovers(&self) -> u64 {
        self.takeovers.load(Ordering::Relaxed)
    }

    /// Waits until an outbox is marked. Only one task may wait.
    pub async fn events_marked(&self) {
        self.events.notified().await;
    }

    /// Waits until findings are marked. Only one task may wait.
    pub async fn findings_marked(&self) {
        self.findings.notified().await;
    }

    /// Waits until a bucket is claimed. Only one task may wait.
    pub async fn bucket_claimed(&self) {
        self.claimed.notified().await;
    }

    /// Waits until the nodes should be counted again. Only one task may wait.
    pub async fn nodes_changed(&self) {
        self.nodes.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, AssignmentState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AssignmentState {
    fn owned(&self) -> BucketSet {
        self.claims.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId([7; 8]);

    fn claim(bucket: u8, epoch: u64) -> BucketClaim {
        BucketClaim { bucket: Bucket(bucket), node: NODE, epoch }
    }

    fn set(buckets: &[u8]) -> BucketSet {
        buckets.iter().copied().map(Bucket).collect()
    }

    fn assigned(buckets: &[u8]) -> BucketAssignment {
        let assignment = BucketAssignment::new(NODE);
        let claims: Vec<_> = buckets.iter().map(|bucket| claim(*bucket, 1)).collect();
        assignment.accept_claims(&claims);
        assignment
    }

    #[test]
    fn something_may_wait_in_a_bucket_that_was_just_claimed() {
        let assignment = assigned(&[1, 2]);
        assert_eq!(assignment.marked_events().buckets, set(&[1, 2]));
        assert_eq!((assignment.take_uninspected(1).len(), assignment.take_uninspected(9).len()), (1, 1));
    }

    #[test]
    fn an_outbox_that_was_marked_while_it_was_read_stays_marked() {
        let assignment = assigned(&[1, 2]);
        let marks = assignment.marked_events();
        assignment.handle_notification(StoreNotification::Events(Bucket(2)));
        assignment.clear_events(&marks, marks.buckets);
        assert_eq!(assignment.marked_events().buckets, set(&[2]));
    }

    #[test]
    fn notifications_about_buckets_of_others_are_ignored() {
        let assignment = assigned(&[1]);
        let marks = assignment.marked_events();
        assignment.clear_events(&marks, marks.buckets);
        assignment.handle_notification(StoreNotification::Events(Bucket(9)));
        assignment.handle_notification(StoreNotification::Findings(Bucket(9)));
        assert_eq!((assignment.marked_events().buckets, assignment.take_findings()), (set(&[]), set(&[])));
    }

    #[test]
    fn a_claim_is_lost_only_while_it_is_the_one_that_stands() {
        let assignment = assigned(&[1]);
        assignment.accept_claims(&[claim(1, 3)]);
        assignment.drop_claim(claim(1, 1));
        assert_eq!(assignment.claim(Bucket(1)), Some(claim(1, 3)));
        assignment.drop_claim(claim(1, 3));
        assert_eq!(assignment.claim(Bucket(1)), None);
        assert_eq!(assignment.takeovers(), 1, "the first claim is not a takeover");
    }

    #[test]
    fn a_claim_is_doubted_until_it_is_accepted_again() {
        let assignment = assigned(&[1, 2]);
        let marks = assignment.marked_events();
        assignment.clear_events(&marks, marks.buckets);
        assert_eq!(assignment.take_unclaimed(set(&[1, 2, 3])), set(&[3]));
        assignment.handle_notification(StoreNotification::Claimed(Bucket(2)));
        assert_eq!(assignment.take_unclaimed(set(&[1, 2])), set(&[2]));
        assignment.accept_claims(&[claim(2, 1)]);
        assert_eq!(assignment.take_unclaimed(set(&[1, 2])), set(&[]));
        assert_eq!(assignment.marked_events().buckets, set(&[]), "the claim was valid throughout");

        assert_eq!(assignment.take_unclaimed(set(&[1, 2, 3])), set(&[3]));
        assignment.handle_notification(StoreNotification::Claimed(Bucket(3)));
        assignment.accept_claims(&[claim(3, 1)]);
        assert_eq!(assignment.take_unclaimed(set(&[1, 2, 3])), set(&[3]), "the notification came before the response");
        assignment.retain(set(&[1, 2]));

        assignment.set_listening(true);
        assert_eq!(assignment.take_unclaimed(set(&[1, 2])), set(&[1, 2]), "notifications may have been lost");
        let marks = assignment.marked_events();
        assignment.clear_events(&marks, marks.buckets);
        assignment.accept_claims(&[claim(1, 1), claim(2, 3)]);
        assert_eq!(assignment.marked_events().buckets, set(&[2]), "another node had the bucket in between");
    }

    #[test]
    fn nothing_is_reported_of_a_bucket_that_is_given_up() {
        let assignment = assigned(&[1, 2]);
        assignment.update_report(|report| report.buckets = set(&[1, 2, 3]));
        assert_eq!(assignment.own_report().buckets, set(&[1, 2]));
        assignment.retain(set(&[2]));
        assert_eq!(assignment.own_report().buckets, set(&[2]));
    }
}
