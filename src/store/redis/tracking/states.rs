//! How it stands with each master.

use std::collections::BTreeMap;

use super::super::address::Endpoint;
use crate::{
    store::TrackingStatus,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// For each master why its changes are not told, if they are not.
#[derive(Default)]
pub(super) struct States(Mutex<BTreeMap<String, Option<String>>>);

impl States {
    /// Answers whether that is news.
    pub(super) fn set(&self, server: &Endpoint, untold: Option<&str>) -> bool {
        let untold = untold.map(str::to_owned);
        self.states().insert(server.to_string(), untold.clone()) != Some(untold)
    }

    pub(super) fn forget(&self, server: &Endpoint) {
        self.states().remove(&server.to_string());
    }

    pub(super) fn all(&self) -> Vec<TrackingStatus> {
        let states = self.states();
        states
            .iter()
            .map(|(server, untold)| TrackingStatus { server: server.clone(), untold: untold.clone() })
            .collect()
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
