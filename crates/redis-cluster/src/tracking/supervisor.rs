//! Supervision of the tracking of one master.

use std::{iter, pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Tracking,
    barrier_commands::BarrierCommands,
    connect::{ConnectError, open_connection},
    connection::TrackingConnection,
    ownership::{PartOwnership, check_ownership_and_layout},
    registry::TrackingRegistry,
    tracked_data::{TrackedData, TrackingChange, TrackingLease},
};
use crate::{
    address::Endpoint, inspection::ServerInspection, role::REPLICA, router::Router, slot_map::SlotMap,
    stopwatch::Stopwatch,
};

/// Interval between two renewals of a lease that is not used.
const IDLE_RENEW_INTERVAL: Duration = Duration::from_secs(1);

/// Interval at which the master is asked for parts that it should have and does not.
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

/// Tracks one master for all parts that the slot map gives to it.
pub(super) struct TrackingSupervisor<'a, I, T: TrackedData> {
    pub(super) router: &'a Router<I>,
    pub(super) tracking: &'a Tracking<T>,
    pub(super) registry: &'a Arc<TrackingRegistry<T>>,
    pub(super) endpoint: Endpoint,
    /// Notices when the slot map is replaced.
    pub(super) slot_maps: watch::Receiver<Arc<SlotMap<I>>>,
}

impl<I: ServerInspection, T: TrackedData> TrackingSupervisor<'_, I, T> {
    /// Runs until the slot map gives no part to this master any more. Returns the endpoint of the master.
    pub(super) async fn run(mut self) -> Endpoint {
        let (mut maps, endpoint, registry) = (self.slot_maps.clone(), self.endpoint.clone(), self.registry);
        select! {
            _ = maps.wait_for(|map| registry.owned_parts(map, &endpoint).is_empty()) => {}
            () = self.reconnect_with_backoff() => {}
        }
        self.tracking.statuses.remove(&self.endpoint);
        self.endpoint
    }

    async fn reconnect_with_backoff(&mut self) {
        let mut failures = 0;
        for attempt in 0_usize.. {
            // Another part each time, so that one that is moving does not keep the others from being tracked.
            let mine = self.update_owned_parts();
            let Some(part) = mine.get(attempt % mine.len().max(1)).copied() else {
                if self.slot_maps.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let opened = match self.check_refusal() {
                Ok(()) => open_connection(self.router, &self.endpoint, part, self.registry).await,
                Err(why) => Err(ConnectError::Transient(why)),
            };
            let failure = match opened {
                Ok(connection) => {
                    ConnectError::Transient(self.run_connection(Arc::new(connection), &mut failures).await)
                }
                Err(error) => error,
            };
            let pause = match failure {
                ConnectError::Transient(error) => {
                    failures = failures.saturating_add(1);
                    let retry_in = self.registry.data().retry_delay(failures);
                    self.record_tracking_error(&error, retry_in);
                    retry_in
                }
                ConnectError::Unsupported(reason) => {
                    self.record_unsupported(&reason);
                    UNSUPPORTED_RETRY_DELAY
                }
            };
            self.report_stale_slot_map();
            sleep(pause).await;
        }
    }

    /// Uses the connection until it fails. Returns the reason.
    async fn run_connection(&mut self, connection: Arc<TrackingConnection<T>>, failures: &mut u32) -> String {
        let _end_guard = LeaseEndGuard { registry: self.registry, lease: &connection.lease };
        let barrier = BarrierCommands {
            tracking: self.tracking,
            registry: self.registry,
            connection: &connection,
            is_cluster: self.router.is_cluster(),
        };
        select! {
            why = barrier.run() => why,
            why = self.maintain_lease(&connection, failures) => why,
        }
    }

    /// Renews the lease until that fails. Returns the reason.
    async fn maintain_lease(&mut self, connection: &Arc<TrackingConnection<T>>, failures: &mut u32) -> String {
        let mut checked: Option<(Vec<T::Part>, Stopwatch)> = None;
        loop {
            let mine = self.update_owned_parts();
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
            *failures = 0;
            if self.tracking.statuses.set_error(&self.endpoint, None) {
                self.registry.data().report(&self.endpoint, TrackingChange::Established);
            }
            let pause = if connection.lease.take_used() { T::Lease::RENEW_INTERVAL } else { IDLE_RENEW_INTERVAL };
            select! {
                () = sleep(pause) => {}
                () = connection.lease.wait_for_renewal_request() => {}
                _ = self.slot_maps.changed() => {}
                () = connection.lease.wait_for_end() => return "connection lost".to_owned(),
            }
        }
    }

    /// Attaches the parts that the slot map gives to this master and that the master has. Detaches those that the map
    /// gives to others.
    async fn update_attachments(
        &self,
        connection: &Arc<TrackingConnection<T>>,
        mine: &[T::Part],
    ) -> Result<(), String> {
        let attached = self.registry.attached_parts(&connection.lease);
        for part in attached.iter().filter(|part| !mine.contains(part)) {
            self.registry.detach(*part, &connection.lease);
        }
        let missing: Vec<_> = mine.iter().copied().filter(|part| !attached.contains(part)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // An empty part is not attached: it is for the application to find out why it is empty.
        let asked = check_ownership_and_layout(self.registry.data(), connection, &missing);
        let ownership = self.wait_for_answer(asked).await?;
        for (part, claim) in missing.iter().zip(&ownership) {
            if *claim == PartOwnership::Owned {
                self.registry.attach(*part, connection);
            }
        }
        self.report_moved_parts(&ownership);
        Ok(())
    }

    /// Renews the lease as of the time before the master was asked. Parts that the master no longer has are detached
    /// before.
    async fn renew_lease(&self, connection: &TrackingConnection<T>) -> Result<(), String> {
        let attached = self.registry.attached_parts(&connection.lease);
        let is_cluster = self.router.is_cluster();
        // On one server, one part stands for all.
        let asked = if is_cluster { attached.as_slice() } else { &attached[..attached.len().min(1)] };
        let data = self.registry.data();
        let at = data.instant();
        let ownership = self.wait_for_answer(check_ownership_and_layout(data, connection, asked)).await?;
        self.check_refusal()?;
        if !is_cluster && ownership.iter().any(|claim| *claim != PartOwnership::Owned) {
            return Err("its data was deleted".to_owned());
        }
        for (part, _) in asked.iter().zip(&ownership).filter(|(_, claim)| **claim != PartOwnership::Owned) {
            self.registry.detach(*part, &connection.lease);
        }
        connection.lease.renew(at);
        self.report_moved_parts(&ownership);
        Ok(())
    }

    /// Waits for a response on the tracking connection. Fails if the connection is dead.
    ///
    /// A paused server responds to nobody. Cached data stays, because the lease that it needs is not renewed
    /// meanwhile. Only if the server responds on another connection, this one is dead.
    async fn wait_for_answer<A>(&self, answer: impl Future<Output = Result<A, String>>) -> Result<A, String> {
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
        let Some(node) = self.router.slot_map().master_at(&self.endpoint) else { return false };
        node.exchange("checking the server", iter::once(&redis::cmd("TIME"))).await.is_ok()
    }

    /// Fails while the application does not use the server.
    fn check_refusal(&self) -> Result<(), String> {
        self.router.refusal(&self.endpoint).map_or(Ok(()), |error| Err(error.to_string()))
    }

    fn report_moved_parts(&self, ownership: &[PartOwnership]) {
        if ownership.contains(&PartOwnership::Moved) {
            self.report_stale_slot_map();
        }
    }

    /// Reports that the slot map may be stale.
    fn report_stale_slot_map(&self) {
        self.tracking.stale_slot_map.notify_one();
    }

    fn record_tracking_error(&self, error: &str, retry_in: Duration) {
        if error == REPLICA {
            self.router.discard_connections(&self.endpoint);
        }
        if self.tracking.statuses.set_error(&self.endpoint, Some(error)) {
            self.registry.data().report(&self.endpoint, TrackingChange::Interrupted { error, retry_in });
        }
    }

    fn record_unsupported(&self, reason: &str) {
        if self.tracking.statuses.set_error(&self.endpoint, Some(reason)) {
            self.registry.data().report(&self.endpoint, TrackingChange::Unsupported { reason });
        }
    }

    /// Returns the parts that the latest slot map gives to this master.
    fn update_owned_parts(&mut self) -> Vec<T::Part> {
        self.registry.owned_parts(&self.slot_maps.borrow_and_update(), &self.endpoint)
    }
}

/// Ends a lease when it is dropped.
struct LeaseEndGuard<'a, T: TrackedData> {
    registry: &'a TrackingRegistry<T>,
    lease: &'a Arc<T::Lease>,
}

impl<T: TrackedData> Drop for LeaseEndGuard<'_, T> {
    fn drop(&mut self) {
        self.registry.end_lease(self.lease);
    }
}
