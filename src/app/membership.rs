//! The membership of this node among those that share a store: heartbeats, claimed buckets and notifications.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::node_monitor::NodeMonitor;
use crate::{
    audit::RelayStatus,
    authority::clock_monitor::ClockMonitor,
    backoff::Backoff,
    clock::{Clock, Stopwatch},
    domain::BucketSet,
    entropy::{Entropy, EntropyError},
    store::{
        BackgroundStore, BucketAssignment, HeartbeatResponse, NodeId, SharedWork, StoreError,
        background::effective_share,
    },
};

/// The pause between two heartbeats.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(1500);

/// The minimum pause before a heartbeat that is sent because something changed.
const MIN_HEARTBEAT_PAUSE: Duration = Duration::from_millis(100);

/// The time for which the reports of other nodes count while heartbeats fail.
const REPORT_LIFETIME: Duration = Duration::from_secs(10);

/// The time for which the relay may fail before this node leaves its buckets to others, and for which it then does so.
const RELAY_FAILURE_LIMIT: Duration = Duration::from_secs(5);
const STANDBY_PERIOD: Duration = Duration::from_mins(1);

/// The time limit for leaving.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Creates the shared work of a new node.
pub(super) fn new_shared_work(
    store: Arc<dyn BackgroundStore>,
    entropy: &dyn Entropy,
) -> Result<SharedWork, EntropyError> {
    let mut id = [0; 8];
    entropy.fill(&mut id)?;
    let assignment = Arc::new(BucketAssignment::new(NodeId(id)));
    Ok(SharedWork { store, assignment })
}

/// The membership of this node.
pub(super) struct Membership {
    work: SharedWork,
    clock: Arc<dyn Clock>,
    clock_monitor: Arc<ClockMonitor>,
    relay: watch::Receiver<RelayStatus>,
    node_monitor: Arc<NodeMonitor>,
    /// The time since this node left its buckets to others because its relay failed.
    standby_since: Option<Stopwatch>,
}

impl Membership {
    pub(super) fn new(
        work: SharedWork,
        clock: Arc<dyn Clock>,
        clock_monitor: Arc<ClockMonitor>,
        relay: watch::Receiver<RelayStatus>,
        node_monitor: Arc<NodeMonitor>,
    ) -> Self {
        Self { work, clock, clock_monitor, relay, node_monitor, standby_since: None }
    }

    /// Sends heartbeats and claims the buckets of this node until it is stopped. The node keeps the buckets that it
    /// owns then until it leaves.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut beat = interval(HEARTBEAT_INTERVAL);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_success = Stopwatch::start();
        let mut is_failing = false;
        loop {
            let due = async {
                tokio::select! {
                    _ = beat.tick() => {}
                    () = self.work.assignment.nodes_changed() => sleep(MIN_HEARTBEAT_PAUSE).await,
                }
            };
            if stop.run_until_cancelled(due).await.is_none() {
                return;
            }
            match self.send_heartbeat().await {
                Ok(()) => {
                    if is_failing {
                        tracing::info!("heartbeats succeed again");
                    }
                    (last_success, is_failing) = (Stopwatch::start(), false);
                }
                Err(error) => {
                    if !is_failing {
                        tracing::warn!(
                            %error,
                            "failed to write the heartbeat of this node; it keeps its buckets, and others may take \
                             them over"
                        );
                    }
                    is_failing = true;
                    if last_success.elapsed() > REPORT_LIFETIME {
                        self.work.assignment.set_others(None);
                    }
                }
            }
        }
    }

    /// Writes one heartbeat, gives up buckets that belong to others, and claims those that belong to this node.
    async fn send_heartbeat(&mut self) -> Result<(), StoreError> {
        let is_able = self.is_able();
        let SharedWork { store, assignment } = &self.work;
        let node = assignment.node();
        let health = Some(self.node_monitor.health());
        assignment.update_report(|report| (report.is_available, report.health) = (is_able, health));
        let HeartbeatResponse { was_alive, others } = store.heartbeat(node, &assignment.own_report()).await?;
        if !was_alive {
            // The node was considered dead, so it may have lost any of its buckets.
            assignment.retain(BucketSet::EMPTY);
        }
        let (share, nodes) = (effective_share(node, is_able, &others), others.len() + 1);
        assignment.set_others(Some(others));
        assignment.retain(share);
        let wanted = assignment.take_unclaimed(share);
        if wanted.is_empty() {
            return Ok(());
        }
        let claims = store.claim(node, wanted).await.inspect_err(|_| assignment.mark_unconfirmed(wanted))?;
        tracing::debug!(%node, nodes, claimed = claims.len(), "claimed buckets for background work");
        assignment.mark_unconfirmed(wanted.difference(claims.iter().map(|claim| claim.bucket).collect()));
        assignment.accept_claims(&claims);
        Ok(())
    }

    /// Returns whether this node can do background work: its clock agrees with the store's, and the audit database
    /// accepts events from it.
    fn is_able(&mut self) -> bool {
        let now = self.clock.now();
        let fails =
            self.relay.borrow().failure.as_ref().is_some_and(|failure| now.since(failure.since) > RELAY_FAILURE_LIMIT);
        if fails {
            self.standby_since = Some(Stopwatch::start());
        }
        let is_back = self.standby_since.is_none_or(|since| since.elapsed() > STANDBY_PERIOD);
        is_back && self.clock_monitor.verify_recent(self.clock.instant()).is_ok()
    }
}

/// Listens for notifications until it is stopped.
pub(super) async fn listen(work: SharedWork, clock: Arc<dyn Clock>, stop: CancellationToken) {
    stop.run_until_cancelled(listen_with_retries(&work, clock)).await;
}

async fn listen_with_retries(SharedWork { store, assignment }: &SharedWork, clock: Arc<dyn Clock>) {
    let mut backoff = Backoff::new(clock);
    let mut is_failing = false;
    loop {
        let error = match store.subscribe_notifications(assignment.node()).await {
            Ok(mut messages) => {
                assignment.set_listening(true);
                if is_failing {
                    tracing::info!("background work notifications are received again");
                }
                is_failing = false;
                backoff.reset();
                loop {
                    match messages.next().await {
                        Some(Ok(news)) => assignment.handle_notification(news),
                        Some(Err(error)) => break error.to_string(),
                        None => break "the subscription ended".to_owned(),
                    }
                }
            }
            Err(error) => error.to_string(),
        };
        assignment.set_listening(false);
        if !is_failing {
            tracing::warn!(error, "failed to subscribe to background work notifications; polling every second instead");
        }
        is_failing = true;
        sleep(backoff.next_delay()).await;
    }
}

/// Gives up all buckets of this node at once, for the others to take them over.
pub(super) async fn leave(work: &SharedWork) {
    work.assignment.retain(BucketSet::EMPTY);
    match timeout(LEAVE_TIMEOUT, work.store.leave(work.assignment.node())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "failed to remove the heartbeat of this node; it expires in seconds"),
        Err(_) => tracing::debug!("removing the heartbeat of this node took too long; it expires in seconds"),
    }
}
