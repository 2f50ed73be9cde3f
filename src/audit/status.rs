//! How the relay is doing, for whoever has to know.

use std::{fmt::Display, time::Duration};

use crate::{domain::UnixMillis, store::Backlog};

/// How the relay is doing. Read through [`super::Relay::status`]; readiness, metrics and the refusal of
/// new sessions depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayStatus {
    /// What waits in the outbox, as of a few seconds ago, or of before it could no longer be counted.
    pub backlog: Backlog,
    /// Set while it cannot be counted: a part of the store at least is not read.
    pub count_failure: Option<OngoingFailure>,
    /// When it was last counted.
    pub counted_at: Option<UnixMillis>,
    /// Everything that took effect before this moment, by this node's clock, is in the audit database: never later than
    /// the last sweep of all buckets. `None`: not known yet.
    pub complete_until: Option<UnixMillis>,
    /// Events appended by this node since it started.
    pub appended: u64,
    /// Entries set aside by this node since it started: each one wants a look.
    pub dead_letters: u64,
    /// Set while draining fails.
    pub failure: Option<OngoingFailure>,
    /// Set while the sessions of a mass revocation cannot be ended in the audit database. `complete_until` stands still.
    pub mass_endings_failure: Option<OngoingFailure>,
}

/// Something fails and is tried again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OngoingFailure {
    /// When it first failed.
    pub since: UnixMillis,
    /// What went wrong the last time.
    pub error: String,
}

impl OngoingFailure {
    /// What stands after another try: `before` is what stood until then. `None`: nothing fails any more.
    pub(crate) fn from_outcome(before: Option<&Self>, error: Option<&dyn Display>, now: UnixMillis) -> Option<Self> {
        let since = before.map_or(now, |failure| failure.since);
        error.map(|error| Self { since, error: error.to_string() })
    }
}

impl RelayStatus {
    /// Why events stay in the outbox, or may: the last error of draining it, or else of counting it.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.failure.as_ref().or(self.count_failure.as_ref()).map(|failure| failure.error.as_str())
    }

    /// For how long the oldest event has waited; zero when none waits.
    #[must_use]
    pub fn lag(&self, now: UnixMillis) -> Duration {
        self.backlog.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest))
    }
}
