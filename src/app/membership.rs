//! This node among the nodes that share a store: heartbeats, the buckets that it claims, and the news that it hears.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::Backoff,
    clock::{Clock, Stopwatch},
    domain::BucketSet,
    entropy::{Entropy, EntropyError},
    store::{BackgroundStore, BucketAssignment, Heartbeat, NodeId, SharedWork, StoreError, background::share_of},
};

/// The pause between two heartbeats.
const BEAT: Duration = Duration::from_millis(1500);

/// The least pause between two heartbeats that are sent because something changed.
const REST: Duration = Duration::from_millis(100);

/// How long what others reported counts when heartbeats fail.
const MEMORY: Duration = Duration::from_secs(10);

/// How long leaving may take.
const LEAVE: Duration = Duration::from_secs(1);

/// Returns the work that a new node shares.
pub(super) fn share(store: Arc<dyn BackgroundStore>, entropy: &dyn Entropy) -> Result<SharedWork, EntropyError> {
    let mut id = [0; 8];
    entropy.fill(&mut id)?;
    let assignment = Arc::new(BucketAssignment::new(NodeId(id)));
    Ok(SharedWork { store, assignment })
}

/// This node among the others.
pub(super) struct Membership {
    work: SharedWork,
    clock: Arc<dyn Clock>,
}

impl Membership {
    pub(super) fn new(work: SharedWork, clock: Arc<dyn Clock>) -> Self {
        Self { work, clock }
    }

    /// Sends heartbeats and claims the buckets of this node, until told to stop. What it owns then stays its own until it
    /// leaves.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Stopwatch::start();
        let mut is_failing = false;
        loop {
            let due = async {
                tokio::select! {
                    _ = beat.tick() => {}
                    () = self.work.assignment.nodes_changed() => sleep(REST).await,
                }
            };
            if stop.run_until_cancelled(due).await.is_none() {
                return;
            }
            match self.beat().await {
                Ok(()) => {
                    if is_failing {
                        tracing::info!("heartbeats of this node are written again");
                    }
                    (heard, is_failing) = (Stopwatch::start(), false);
                }
                Err(error) => {
                    if !is_failing {
                        tracing::warn!(
                            %error,
                            "failed to write the heartbeat of this node; it keeps its buckets, and others may take them over"
                        );
                    }
                    is_failing = true;
                    if heard.elapsed() > MEMORY {
                        self.work.assignment.set_others(None);
                    }
                }
            }
        }
    }

    /// Writes one heartbeat, gives up buckets that belong to others, and claims those that belong to this node.
    async fn beat(&self) -> Result<(), StoreError> {
        let SharedWork { store, assignment } = &self.work;
        let node = assignment.node();
        let Heartbeat { was_alive, others } = store.heartbeat(node, &assignment.own_report()).await?;
        if !was_alive {
            // Taken for dead, it may have lost each of them.
            assignment.retain(BucketSet::EMPTY);
        }
        let nodes: Vec<_> = others.iter().map(|other| other.id).chain([node]).collect();
        assignment.set_others(Some(others));
        let share = share_of(node, &nodes);
        assignment.retain(share);
        let missing = share.without(assignment.owned());
        if !missing.is_empty() {
            let claims = store.claim(node, missing).await?;
            tracing::debug!(%node, nodes = nodes.len(), claimed = claims.len(), "claimed buckets for background work");
            assignment.accept(&claims);
        }
        Ok(())
    }

    /// Listens for news until told to stop.
    pub(super) async fn listen(work: SharedWork, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let membership = Self::new(work, clock);
        stop.run_until_cancelled(membership.listen_again_and_again()).await;
    }

    async fn listen_again_and_again(&self) {
        let SharedWork { store, assignment } = &self.work;
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        let mut is_failing = false;
        loop {
            let error = match store.news(assignment.node()).await {
                Ok(mut messages) => {
                    assignment.set_listening(true);
                    if is_failing {
                        tracing::info!("news of background work are heard again");
                    }
                    is_failing = false;
                    backoff.reset();
                    loop {
                        match messages.next().await {
                            Some(Ok(news)) => assignment.notice(news),
                            Some(Err(error)) => break error.to_string(),
                            None => break "the messages ended".to_owned(),
                        }
                    }
                }
                Err(error) => error.to_string(),
            };
            assignment.set_listening(false);
            if !is_failing {
                tracing::warn!(
                    error,
                    "failed to listen for background work; this node asks for it every second instead"
                );
            }
            is_failing = true;
            sleep(backoff.pause()).await;
        }
    }
}

/// Gives up all buckets of this node at once, for the others to take them over.
pub(super) async fn leave(work: &SharedWork) {
    work.assignment.retain(BucketSet::EMPTY);
    match timeout(LEAVE, work.store.leave(work.assignment.node())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "failed to remove the heartbeat of this node; it expires in seconds"),
        Err(_) => tracing::debug!("removing the heartbeat of this node took too long; it expires in seconds"),
    }
}
