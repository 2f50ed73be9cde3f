//! Supervision of the tracking of all masters.

use futures_util::{
    future::join,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{select, time::sleep};

use super::{
    super::{RedisSessionStore, address::Endpoint, slot_map::SlotMap, topology::MIN_REFRESH_INTERVAL},
    registry::TrackingRegistry,
    supervisor::{TrackingSupervisor, bucket_owner},
};
use crate::{domain::Bucket, sync::Arc};

/// Tracks every master in the slot map, and refreshes the map when it is stale.
pub(super) async fn run(store: &RedisSessionStore, registry: &Arc<TrackingRegistry>) {
    join(supervise_masters(store, registry), refresh_slot_map(store)).await;
}

async fn supervise_masters(store: &RedisSessionStore, registry: &Arc<TrackingRegistry>) {
    let mut maps = store.router.subscribe_slot_map();
    let (mut running, mut supervised) = (FuturesUnordered::new(), Vec::<Endpoint>::new());
    loop {
        for endpoint in masters(&maps.borrow_and_update()) {
            if !supervised.contains(&endpoint) {
                supervised.push(endpoint.clone());
                running.push(
                    TrackingSupervisor { store, registry, endpoint, slot_maps: store.router.subscribe_slot_map() }
                        .run(),
                );
            }
        }
        select! {
            _ = maps.changed() => {}
            Some(gone) = running.next(), if !running.is_empty() => supervised.retain(|endpoint| *endpoint != gone),
        }
    }
}

/// Refreshes the slot map when it is stale, as there may be no calls that would do so.
async fn refresh_slot_map(store: &RedisSessionStore) {
    loop {
        store.tracking.stale_slot_map.notified().await;
        store.router.refresh_topology().await;
        // A map that had just been refreshed was not refreshed again.
        sleep(MIN_REFRESH_INTERVAL).await;
        store.router.refresh_topology_if_stale().await;
    }
}

/// Returns the masters that have buckets.
fn masters(map: &SlotMap) -> Vec<Endpoint> {
    let mut masters = Vec::new();
    for endpoint in Bucket::all().filter_map(|bucket| bucket_owner(map, bucket)) {
        if !masters.contains(endpoint) {
            masters.push(endpoint.clone());
        }
    }
    masters
}
