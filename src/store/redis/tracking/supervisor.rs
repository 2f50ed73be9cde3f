//! Keeps one master telling.

use std::{pin::pin, time::Duration};

use tokio::{
    select,
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    super::{RedisSessionStore, address::Endpoint, hash_slot::HashSlot, identity::REPLICA, keys, slot_map::SlotMap},
    connection::{ConnectError, TrackingConnection},
    ownership::{BucketOwnership, check_ownership_and_layout},
    registry::TrackingRegistry,
};
use crate::{backoff::Backoff, clock::Stopwatch, domain::Bucket, store::Lease, sync::Arc};

/// How often the master is asked while answers are given under its lease, and while none are.
const BUSY_RENEW_INTERVAL: Duration = Duration::from_millis(25);
const IDLE_RENEW_INTERVAL: Duration = Duration::from_secs(1);

/// How often the master is asked for a bucket that it should have and does not.
const OWNERSHIP_RECHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The silence after which it is found out whether the server pauses or the connection is dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the connection may stay silent once the server has answered on another one.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// The pause between two attempts to find out.
const LIVENESS_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The silence after which a connection counts as dead, whatever the reason.
const DEAD_CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a server is left alone that cannot do it.
const UNSUPPORTED_RETRY_DELAY: Duration = Duration::from_mins(1);

/// The map of slots as it is redrawn.
pub(super) type SlotMapReceiver = watch::Receiver<std::sync::Arc<SlotMap>>;

/// Has one master tell of all buckets that the map gives to it.
pub(super) struct TrackingSupervisor<'a> {
    pub(super) store: &'a RedisSessionStore,
    pub(super) registry: &'a Arc<TrackingRegistry>,
    pub(super) endpoint: Endpoint,
    pub(super) slot_maps: SlotMapReceiver,
}

impl TrackingSupervisor<'_> {
    /// Until the map gives nothing to this master any more; answers which it was.
    pub(super) async fn run(mut self) -> Endpoint {
        let (mut maps, endpoint) = (self.slot_maps.clone(), self.endpoint.clone());
        select! {
            _ = maps.wait_for(|map| owned_buckets(map, &endpoint).is_empty()) => {}
            () = self.reconnect_with_backoff() => {}
        }
        self.store.tracking.statuses.remove(&self.endpoint);
        self.endpoint
    }

    async fn reconnect_with_backoff(&mut self) {
        let tracking = &self.store.tracking;
        let mut backoff = Backoff::new(std::sync::Arc::clone(&tracking.clock));
        for attempt in 0_usize.. {
            // Another one each time: one that is on the move does not keep the others from being told of.
            let mine = owned_buckets(&self.slot_maps.borrow_and_update(), &self.endpoint);
            let bucket = mine.get(attempt % mine.len().max(1)).copied().unwrap_or(Bucket(0));
            let opened = match self.check_settings() {
                Ok(()) => TrackingConnection::open(&self.store.router, &self.endpoint, bucket, self.registry).await,
                Err(why) => Err(ConnectError::Transient(why)),
            };
            let pause = match opened {
                Ok(connection) => {
                    let why = self.run_connection(Arc::new(connection), &mut backoff).await;
                    self.record_tracking_error(&why);
                    backoff.next_delay()
                }
                Err(ConnectError::Transient(why)) => {
                    self.record_tracking_error(&why);
                    backoff.next_delay()
                }
                Err(ConnectError::Unsupported(why)) => {
                    self.record_unsupported(&why);
                    UNSUPPORTED_RETRY_DELAY
                }
            };
            self.report_stale_slot_map();
            sleep(pause).await;
        }
    }

    /// Has the link tell until that fails; answers why.
    async fn run_connection(&mut self, connection: Arc<TrackingConnection>, backoff: &mut Backoff) -> String {
        let _end_guard = LeaseEndGuard { registry: self.registry, lease: &connection.lease };
        let (store, registry) = (self.store, self.registry);
        let on_moved = || store.tracking.stale_slot_map.notify_one();
        select! {
            why = connection.barrier.run(&connection, registry, store.router.is_cluster(), on_moved) => why,
            why = self.maintain_lease(&connection, backoff) => why,
        }
    }

    /// Keeps the lease young, until that fails; answers why.
    async fn maintain_lease(&mut self, connection: &Arc<TrackingConnection>, backoff: &mut Backoff) -> String {
        let mut checked: Option<(Vec<Bucket>, Stopwatch)> = None;
        loop {
            let mine = owned_buckets(&self.slot_maps.borrow_and_update(), &self.endpoint);
            // A map that is redrawn as it was is no news.
            let is_known =
                |(known, at): &(Vec<_>, Stopwatch)| *known == mine && at.elapsed() < OWNERSHIP_RECHECK_INTERVAL;
            if !checked.as_ref().is_some_and(is_known) {
                if let Err(why) = self.update_attachments(connection, &mine).await {
                    return why;
                }
                checked = Some((mine, Stopwatch::start()));
            }
            if let Err(why) = self.renew_lease(connection).await {
                return why;
            }
            backoff.reset();
            if self.store.tracking.statuses.set_error(&self.endpoint, None) {
                tracing::info!(server = %self.endpoint, "sessions of this server are kept in memory");
            }
            let pause = if connection.lease.take_used() { BUSY_RENEW_INTERVAL } else { IDLE_RENEW_INTERVAL };
            select! {
                () = sleep(pause) => {}
                () = connection.lease.wait_for_renewal_request() => {}
                _ = self.slot_maps.changed() => {}
                _ = connection.lease.wait_for_proof(|_| false) => return "the connection was lost".to_owned(),
            }
        }
    }

    /// Attaches what the map gives to this master and what the master says it has; detaches what the map gives to others.
    async fn update_attachments(&self, connection: &Arc<TrackingConnection>, mine: &[Bucket]) -> Result<(), String> {
        let attached = self.registry.attached_buckets(&connection.lease);
        for bucket in attached.iter().filter(|bucket| !mine.contains(bucket)) {
            self.registry.detach(*bucket, &connection.lease);
        }
        let missing: Vec<_> = mine.iter().copied().filter(|bucket| !attached.contains(bucket)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // What is empty is not attached: reading it says that the store is not bound.
        let ownership = self.wait_for_answer(check_ownership_and_layout(connection, &missing)).await?;
        for (bucket, claim) in missing.iter().zip(&ownership) {
            if *claim == BucketOwnership::Owned {
                self.registry.attach(*bucket, connection);
            }
        }
        self.report_moved_buckets(&ownership);
        Ok(())
    }

    /// Renews the lease as of before the master was asked, if all that is attached is still there. What is not is
    /// detached before.
    async fn renew_lease(&self, connection: &TrackingConnection) -> Result<(), String> {
        let attached = self.registry.attached_buckets(&connection.lease);
        let is_cluster = self.store.router.is_cluster();
        // On one server, one stands for all.
        let asked = if is_cluster { attached.as_slice() } else { &attached[..attached.len().min(1)] };
        let at = self.store.tracking.clock.instant();
        let ownership = self.wait_for_answer(check_ownership_and_layout(connection, asked)).await?;
        self.check_settings()?;
        if !is_cluster && ownership.iter().any(|claim| *claim != BucketOwnership::Owned) {
            return Err("it was emptied".to_owned());
        }
        for (bucket, _) in asked.iter().zip(&ownership).filter(|(_, claim)| **claim != BucketOwnership::Owned) {
            self.registry.detach(*bucket, &connection.lease);
        }
        connection.lease.renew(at);
        self.report_moved_buckets(&ownership);
        Ok(())
    }

    /// Waits for an answer on the link, and fails when the connection is dead.
    ///
    /// A server that pauses answers nobody. What is kept in memory stays, as the lease that it needs is not renewed
    /// meanwhile. Only if the server answers on another connection, this one is dead.
    async fn wait_for_answer<T>(&self, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let (mut answer, silent) = (pin!(answer), Stopwatch::start());
        if let Ok(answer) = timeout(SILENCE_TIMEOUT, &mut answer).await {
            return answer;
        }
        tracing::debug!(server = %self.endpoint, "the server is silent; what is kept waits for a proof");
        while silent.elapsed() < DEAD_CONNECTION_TIMEOUT {
            select! {
                biased;
                answer = &mut answer => return answer,
                answers = self.is_server_responsive() => if answers {
                    let late = timeout(LATE_ANSWER_TIMEOUT, &mut answer).await;
                    return late.unwrap_or_else(|_| Err("the connection is dead: it answers on another one".to_owned()));
                },
            }
            if let Ok(answer) = timeout(LIVENESS_RETRY_DELAY, &mut answer).await {
                return answer;
            }
        }
        Err("it does not answer".to_owned())
    }

    /// Whether the server answers on the connections for everything else.
    async fn is_server_responsive(&self) -> bool {
        let Some(node) = self.store.router.slot_map().master_at(&self.endpoint) else { return false };
        let mut pipe = redis::pipe();
        pipe.cmd("TIME");
        node.exchange("looking for the server", &pipe).await.is_ok()
    }

    /// Fails while the settings of the server are unsafe.
    fn check_settings(&self) -> Result<(), String> {
        self.store.router.refusal(&self.endpoint).map_or(Ok(()), |error| Err(error.to_string()))
    }

    fn report_moved_buckets(&self, ownership: &[BucketOwnership]) {
        if ownership.contains(&BucketOwnership::Moved) {
            self.report_stale_slot_map();
        }
    }

    /// The map may be wrong.
    fn report_stale_slot_map(&self) {
        self.store.tracking.stale_slot_map.notify_one();
    }

    fn record_tracking_error(&self, why: &str) {
        if why == REPLICA {
            self.store.router.discard_connections(&self.endpoint);
        }
        if self.store.tracking.statuses.set_error(&self.endpoint, Some(why)) {
            tracing::warn!(
                server = %self.endpoint, why,
                "this server does not tell of changes at the moment, so its sessions are read each time; it is asked again"
            );
        }
    }

    fn record_unsupported(&self, why: &str) {
        if self.store.tracking.statuses.set_error(&self.endpoint, Some(why)) {
            tracing::warn!(
                server = %self.endpoint, why,
                "this server cannot tell of changes, so its sessions are read each time: let the service connect to \
                 Redis 7.0 or later itself, without a proxy between them, as a user with the rights in deploy/users.acl; \
                 it is asked again every minute"
            );
        }
    }
}

/// Ends a lease when it is dropped.
struct LeaseEndGuard<'a> {
    registry: &'a TrackingRegistry,
    lease: &'a Arc<Lease>,
}

impl Drop for LeaseEndGuard<'_> {
    fn drop(&mut self) {
        self.registry.end_lease(self.lease);
    }
}

/// The buckets that the map gives to a master.
pub(super) fn owned_buckets(map: &SlotMap, master: &Endpoint) -> Vec<Bucket> {
    let is_its = |bucket: &Bucket| bucket_owner(map, *bucket) == Some(master);
    Bucket::all().filter(is_its).collect()
}

pub(super) fn bucket_owner(map: &SlotMap, bucket: Bucket) -> Option<&Endpoint> {
    map.owner(HashSlot::from_key(&keys::meta(bucket))).map(|node| &node.endpoint)
}
