//! The tracking status of each master.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::address::Endpoint;

/// The tracking status of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTrackingStatus {
    /// `host:port`.
    pub server: String,
    /// The reason for which the server is not tracked; `None` if it is tracked.
    pub error: Option<String>,
}

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

    pub(super) fn all(&self) -> Vec<ServerTrackingStatus> {
        let statuses = self.statuses();
        statuses
            .iter()
            .map(|(server, error)| ServerTrackingStatus { server: server.clone(), error: error.clone() })
            .collect()
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
