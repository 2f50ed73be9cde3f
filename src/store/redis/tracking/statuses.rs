//! How it stands with each master.

use std::collections::BTreeMap;

use super::super::address::Endpoint;
use crate::{
    store::TrackingStatus,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// For each master why its changes are not told, if they are not.
#[derive(Default)]
pub(super) struct TrackingStatuses(Mutex<BTreeMap<String, Option<String>>>);

impl TrackingStatuses {
    /// Answers whether that is news.
    pub(super) fn set_error(&self, server: &Endpoint, error: Option<&str>) -> bool {
        let error = error.map(str::to_owned);
        self.statuses().insert(server.to_string(), error.clone()) != Some(error)
    }

    pub(super) fn remove(&self, server: &Endpoint) {
        self.statuses().remove(&server.to_string());
    }

    pub(super) fn all(&self) -> Vec<TrackingStatus> {
        let states = self.statuses();
        states
            .iter()
            .map(|(server, error)| TrackingStatus { server: server.clone(), tracking_error: error.clone() })
            .collect()
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
