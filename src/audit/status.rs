//! Status of the relay.

use std::{fmt::Display, time::Duration};

use crate::{domain::UnixMillis, store::Backlog};

/// The status of the relay, read through [`super::Relay::status`]. Readiness, metrics and the refusal of new sessions
/// depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayStatus {
    /// The backlog of the outbox, as of a few seconds ago, or of the last successful count.
    pub backlog: Backlog,
    /// Set while the backlog cannot be counted: at least a part of the store is unavailable.
    pub count_failure: Option<OngoingFailure>,
    /// The time of the last count.
    pub counted_at: Option<UnixMillis>,
    /// The time, by this node's clock, before which every change is in the audit database: never later than the last
    /// sweep of all buckets. `None`: not known yet.
    pub complete_until: Option<UnixMillis>,
    /// Number of events that this node has appended since it started.
    pub appended: u64,
    /// Number of entries that this node has stored as dead letters since it started. Each needs an operator's
    /// attention.
    pub dead_letters: u64,
    /// Set while draining fails.
    pub failure: Option<OngoingFailure>,
    /// Set while the sessions of a mass revocation cannot be ended in the audit database. `complete_until` does not
    /// advance.
    pub mass_endings_failure: Option<OngoingFailure>,
}

/// A failure that persists while the operation is retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OngoingFailure {
    /// The time of the first failure.
    pub since: UnixMillis,
    /// The latest error.
    pub error: String,
}

impl OngoingFailure {
    /// Returns the failure after another attempt, where `before` is the failure until then. Returns `None` after a
    /// success.
    pub(crate) fn from_outcome(before: Option<&Self>, error: Option<&dyn Display>, now: UnixMillis) -> Option<Self> {
        let since = before.map_or(now, |failure| failure.since);
        error.map(|error| Self { since, error: error.to_string() })
    }
}

impl RelayStatus {
    /// Returns the reason why events stay in the outbox, or may: the last error of draining it, or else of counting it.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.failure.as_ref().or(self.count_failure.as_ref()).map(|failure| failure.error.as_str())
    }

    /// Returns the time that the oldest event has waited; zero if the outbox is empty.
    #[must_use]
    pub fn lag(&self, now: UnixMillis) -> Duration {
        self.backlog.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest))
    }
}
