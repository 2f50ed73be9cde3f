//! Supervision of the tracking of all masters.

use std::sync::Arc;

use futures_util::{
    future::join,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{select, time::sleep};

use super::{Tracking, registry::TrackingRegistry, supervisor::TrackingSupervisor, tracked_data::TrackedData};
use crate::{address::Endpoint, inspection::ServerInspection, router::Router, topology::MIN_REFRESH_INTERVAL};

/// Tracks every master in the slot map, and refreshes the map when it is stale.
pub(super) async fn run<I: ServerInspection, T: TrackedData>(
    router: &Router<I>,
    tracking: &Tracking<T>,
    registry: &Arc<TrackingRegistry<T>>,
) {
    join(supervise_masters(router, tracking, registry), refresh_slot_map(router, tracking)).await;
}

async fn supervise_masters<I: ServerInspection, T: TrackedData>(
    router: &Router<I>,
    tracking: &Tracking<T>,
    registry: &Arc<TrackingRegistry<T>>,
) {
    let mut maps = router.subscribe_slot_map();
    let (mut running, mut supervised) = (FuturesUnordered::new(), Vec::<Endpoint>::new());
    loop {
        for endpoint in registry.masters(&maps.borrow_and_update()) {
            if !supervised.contains(&endpoint) {
                supervised.push(endpoint.clone());
                let slot_maps = router.subscribe_slot_map();
                running.push(TrackingSupervisor { router, tracking, registry, endpoint, slot_maps }.run());
            }
        }
        select! {
            _ = maps.changed() => {}
            Some(gone) = running.next(), if !running.is_empty() => supervised.retain(|endpoint| *endpoint != gone),
        }
    }
}

/// Refreshes the slot map when it is stale, as there may be no calls that would do so.
async fn refresh_slot_map<I: ServerInspection, T: TrackedData>(router: &Router<I>, tracking: &Tracking<T>) {
    loop {
        tracking.stale_slot_map.notified().await;
        router.refresh_topology().await;
        // A map that had just been refreshed was not refreshed again.
        sleep(MIN_REFRESH_INTERVAL).await;
        router.refresh_topology_if_stale().await;
    }
}
