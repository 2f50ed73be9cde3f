//! Supervision of the tracking of one master.

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
use crate::{backoff::Backoff, clock::Stopwatch, domain::Bucket, near_cache::source::Lease, sync::Arc};

/// Interval between two renewals of the lease, while the lease is used and while it is not. The first is half of the
/// smallest `cache.max_staleness`: a more frequent renewal costs the server and gains nothing.
const BUSY_RENEW_INTERVAL: Duration = Duration::from_millis(50);
const IDLE_RENEW_INTERVAL: Duration = Duration::from_secs(1);

/// Interval at which the master is asked for buckets that it should have and does not.
const OWNERSHIP_RECHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Time without a response after which the supervisor finds out whether the server is paused or the connection is dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(1);

/// Time for which the connection may remain without a response once the server has responded on another one.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// Pause between two attempts to find out.
const LIVENESS_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Time without a response after which a connection counts as dead, whatever the reason.
const DEAD_CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause before a server that does not support tracking is tried again.
const UNSUPPORTED_RETRY_DELAY: Duration = Duration::from_mins(1);

/// A receiver of the slot map that notices its replacement.
pub(super) type SlotMapReceiver = watch::Receiver<std::sync::Arc<SlotMap>>;

/// Tracks one master for all buckets that the slot map gives to it.
pub(super) struct TrackingSupervisor<'a> {
    pub(super) store: &'a RedisSessionStore,
    pub(super) registry: &'a Arc<TrackingRegistry>,
    pub(super) endpoint: Endpoint,
    pub(super) slot_maps: SlotMapReceiver,
}

impl TrackingSupervisor<'_> {
    /// Runs until the slot map gives no bucket to this master any more. Returns the endpoint of the master.
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
            // Another bucket each time, so that one that is moving does not keep the others from being tracked.
            let mine = owned_buckets(&self.slot_maps.borrow_and_update(), &self.endpoint);
            let bucket = mine.get(attempt % mine.len().max(1)).copied().unwrap_or(Bucket(0));
            let opened = match self.check_settings() {
                Ok(()) => TrackingConnection::open(&self.store.router, &self.endpoint, bucket, self.registry).await,
                Err(why) => Err(ConnectError::Transient(why)),
            };
            let pause = match opened {
                Ok(connection) => {
                    let error = self.run_connection(Arc::new(connection), &mut backoff).await;
                    let retry_in = backoff.next_delay();
                    self.record_tracking_error(&error, retry_in);
                    retry_in
                }
                Err(ConnectError::Transient(error)) => {
                    let retry_in = backoff.next_delay();
                    self.record_tracking_error(&error, retry_in);
                    retry_in
                }
                Err(ConnectError::Unsupported(reason)) => {
                    self.record_unsupported(&reason);
                    UNSUPPORTED_RETRY_DELAY
                }
            };
            self.report_stale_slot_map();
            sleep(pause).await;
        }
    }

    /// Uses the connection until it fails. Returns the reason.
    async fn run_connection(&mut self, connection: Arc<TrackingConnection>, backoff: &mut Backoff) -> String {
        let _end_guard = LeaseEndGuard { registry: self.registry, lease: &connection.lease };
        let (store, registry) = (self.store, self.registry);
        let on_moved = || store.tracking.stale_slot_map.notify_one();
        select! {
            why = connection.barrier.run(&connection, registry, store.router.is_cluster(), on_moved) => why,
            why = self.maintain_lease(&connection, backoff) => why,
        }
    }

    /// Renews the lease until that fails. Returns the reason.
    async fn maintain_lease(&mut self, connection: &Arc<TrackingConnection>, backoff: &mut Backoff) -> String {
        let mut checked: Option<(Vec<Bucket>, Stopwatch)> = None;
        loop {
            let mine = owned_buckets(&self.slot_maps.borrow_and_update(), &self.endpoint);
            // A map that was replaced by the same one needs no new check.
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
                tracing::info!(
                    server = %self.endpoint,
                    "invalidation tracking established; caching sessions of this server"
                );
            }
            let pause = if connection.lease.take_used() { BUSY_RENEW_INTERVAL } else { IDLE_RENEW_INTERVAL };
            select! {
                () = sleep(pause) => {}
                () = connection.lease.wait_for_renewal_request() => {}
                _ = self.slot_maps.changed() => {}
                _ = connection.lease.wait_for_proof(|_| false) => return "connection lost".to_owned(),
            }
        }
    }

    /// Attaches the buckets that the slot map gives to this master and that the master has. Detaches those that the map
    /// gives to others.
    async fn update_attachments(&self, connection: &Arc<TrackingConnection>, mine: &[Bucket]) -> Result<(), String> {
        let attached = self.registry.attached_buckets(&connection.lease);
        for bucket in attached.iter().filter(|bucket| !mine.contains(bucket)) {
            self.registry.detach(*bucket, &connection.lease);
        }
        let missing: Vec<_> = mine.iter().copied().filter(|bucket| !attached.contains(bucket)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // An empty bucket is not attached: reading it from the store reports that it is not bound.
        let ownership = self.wait_for_answer(check_ownership_and_layout(connection, &missing)).await?;
        for (bucket, claim) in missing.iter().zip(&ownership) {
            if *claim == BucketOwnership::Owned {
                self.registry.attach(*bucket, connection);
            }
        }
        self.report_moved_buckets(&ownership);
        Ok(())
    }

    /// Renews the lease as of the time before the master was asked. Buckets that the master no longer has are detached
    /// before.
    async fn renew_lease(&self, connection: &TrackingConnection) -> Result<(), String> {
        let attached = self.registry.attached_buckets(&connection.lease);
        let is_cluster = self.store.router.is_cluster();
        // On one server, one bucket stands for all.
        let asked = if is_cluster { attached.as_slice() } else { &attached[..attached.len().min(1)] };
        let at = self.store.tracking.clock.instant();
        let ownership = self.wait_for_answer(check_ownership_and_layout(connection, asked)).await?;
        self.check_settings()?;
        if !is_cluster && ownership.iter().any(|claim| *claim != BucketOwnership::Owned) {
            return Err("its data was deleted".to_owned());
        }
        for (bucket, _) in asked.iter().zip(&ownership).filter(|(_, claim)| **claim != BucketOwnership::Owned) {
            self.registry.detach(*bucket, &connection.lease);
        }
        connection.lease.renew(at);
        self.report_moved_buckets(&ownership);
        Ok(())
    }

    /// Waits for a response on the tracking connection. Fails if the connection is dead.
    ///
    /// A paused server responds to nobody. Cached sessions stay, because the lease that they need is not renewed
    /// meanwhile. Only if the server responds on another connection, this one is dead.
    async fn wait_for_answer<T>(&self, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let (mut answer, silent) = (pin!(answer), Stopwatch::start());
        if let Ok(answer) = timeout(SILENCE_TIMEOUT, &mut answer).await {
            return answer;
        }
        tracing::debug!(server = %self.endpoint, "no response from server; the lease is not renewed until it responds");
        while silent.elapsed() < DEAD_CONNECTION_TIMEOUT {
            select! {
                biased;
                answer = &mut answer => return answer,
                is_responsive = self.is_server_responsive() => if is_responsive {
                    let late = timeout(LATE_ANSWER_TIMEOUT, &mut answer).await;
                    return late.unwrap_or_else(|_| {
                        Err("connection is dead: the server responds on another connection".to_owned())
                    });
                },
            }
            if let Ok(answer) = timeout(LIVENESS_RETRY_DELAY, &mut answer).await {
                return answer;
            }
        }
        Err("no response".to_owned())
    }

    /// Returns whether the server responds on the connections for other work.
    async fn is_server_responsive(&self) -> bool {
        let Some(node) = self.store.router.slot_map().master_at(&self.endpoint) else { return false };
        let mut pipe = redis::pipe();
        pipe.cmd("TIME");
        node.exchange("checking the server", &pipe).await.is_ok()
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

    /// Reports that the slot map may be stale.
    fn report_stale_slot_map(&self) {
        self.store.tracking.stale_slot_map.notify_one();
    }

    fn record_tracking_error(&self, error: &str, retry_in: Duration) {
        if error == REPLICA {
            self.store.router.discard_connections(&self.endpoint);
        }
        if self.store.tracking.statuses.set_error(&self.endpoint, Some(error)) {
            tracing::warn!(
                server = %self.endpoint, error, ?retry_in,
                "invalidation tracking interrupted; reads of this server's sessions bypass the cache until it \
                 reconnects"
            );
        }
    }

    fn record_unsupported(&self, reason: &str) {
        if self.store.tracking.statuses.set_error(&self.endpoint, Some(reason)) {
            tracing::warn!(
                server = %self.endpoint, reason,
                "invalidation tracking is not supported by this server; its sessions are not cached. Connect directly \
                 to Redis 7.0 or later (no proxy) as a user with the rights in deploy/users.acl; retrying every minute"
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

/// Returns the buckets that the slot map gives to a master.
pub(super) fn owned_buckets(map: &SlotMap, master: &Endpoint) -> Vec<Bucket> {
    let is_its = |bucket: &Bucket| bucket_owner(map, *bucket) == Some(master);
    Bucket::all().filter(is_its).collect()
}

pub(super) fn bucket_owner(map: &SlotMap, bucket: Bucket) -> Option<&Endpoint> {
    map.owner(HashSlot::from_key(&keys::meta(bucket))).map(|node| &node.endpoint)
}
