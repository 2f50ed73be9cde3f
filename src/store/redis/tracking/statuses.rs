//! The tracking status of each master.

use std::collections::BTreeMap;

use super::super::address::Endpoint;
use crate::{
    near_cache::source::TrackingStatus,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The tracking error of each master; `None` while it is tracked.
#[derive(Default)]
pub(super) struct TrackingStatuses(Mutex<BTreeMap<String, Option<String>>>);

impl TrackingStatuses {
    /// Sets the error of a master. Returns whether it has changed.
    pub(super) fn set_error(&self, server: &Endpoint, error: Option<&str>) -> bool {
        let error = error.map(str::to_owned);
        self.statuses().insert(server.to_string(), error.clone()) != Some(error)
    }

    pub(super) fn remove(&self, server: &Endpoint) {
        self.statuses().remove(&server.to_string());
    }

    pub(super) fn all(&self) -> Vec<TrackingStatus> {
        let statuses = self.statuses();
        statuses
            .iter()
            .map(|(server, error)| TrackingStatus { server: server.clone(), tracking_error: error.clone() })
            .collect()
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
