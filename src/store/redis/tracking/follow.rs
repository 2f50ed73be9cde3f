//! A supervisor for every master.

use futures_util::{
    future::join,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{select, time::sleep};

use super::{
    super::{RedisSessionStore, address::Endpoint, slot_map::SlotMap, survey::REST},
    hub::Hub,
    supervisor::{Supervisor, owner},
};
use crate::{domain::Bucket, sync::Arc};

/// Has every master tell, as the map names them; draws the map anew when it does not fit.
pub(super) async fn follow(store: &RedisSessionStore, hub: &Arc<Hub>) {
    join(supervise(store, hub), survey(store)).await;
}

async fn supervise(store: &RedisSessionStore, hub: &Arc<Hub>) {
    let mut maps = store.router.maps();
    let (mut running, mut supervised) = (FuturesUnordered::new(), Vec::<Endpoint>::new());
    loop {
        for endpoint in masters(&maps.borrow_and_update()) {
            if !supervised.contains(&endpoint) {
                supervised.push(endpoint.clone());
                running.push(Supervisor { store, hub, endpoint, maps: store.router.maps() }.run());
            }
        }
        select! {
            _ = maps.changed() => {}
            Some(gone) = running.next(), if !running.is_empty() => supervised.retain(|endpoint| *endpoint != gone),
        }
    }
}

/// Nobody else may be calling, who would have it drawn.
async fn survey(store: &RedisSessionStore) {
    loop {
        store.tracking.misfits.notified().await;
        store.router.survey_now().await;
        // Drawn a moment ago, it was left as it was.
        sleep(REST).await;
        store.router.survey_if_stale().await;
    }
}

/// The masters that have buckets.
fn masters(map: &SlotMap) -> Vec<Endpoint> {
    let mut masters = Vec::new();
    for endpoint in Bucket::all().filter_map(|bucket| owner(map, bucket)) {
        if !masters.contains(endpoint) {
            masters.push(endpoint.clone());
        }
    }
    masters
}
