//! The store of recent failures of authentication.
//!
//! A record is kept for each user and each network with failures, at most [`FailureReport::limit`] of each kind in a
//! bucket. If there are more, the least important ones are removed: those whose last failure is oldest, where a record
//! counts as two minutes newer for each failure in it. So the memory is bounded however many addresses an attacker
//! has, and attacks of many failures outlast those of few.

use std::time::Duration;

use async_trait::async_trait;

use super::{error::StoreError, findings::Finding};
use crate::domain::{
    Alert, Event, Owner, UnixMillis, UserHandle,
    failures::{Failure, FailureRecord, FailureSubject},
};

/// The time for which each failure in a record keeps it longer, when records must be removed.
pub const FAILURE_BONUS: Duration = Duration::from_mins(2);

/// A failure to be recorded.
#[derive(Clone, Debug)]
pub struct FailureReport {
    pub now: UnixMillis,
    pub subject: FailureSubject,
    /// The user or the network.
    pub handle: UserHandle,
    pub failure: Failure,
    /// The event that is appended in the same step.
    pub event: Option<Event>,
    /// The maximum number of records of this kind in a bucket.
    pub limit: usize,
}

/// Findings about the failures of a user or a network.
#[derive(Clone, Debug)]
pub struct FailureFindings {
    pub now: UnixMillis,
    pub subject: FailureSubject,
    pub handle: UserHandle,
    pub findings: Vec<FailureFinding>,
}

/// Findings about a user, which are not those of a login.
#[derive(Clone, Debug)]
pub struct UserFindings {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    /// The findings. If there are more than [`limits::MAX_FINDINGS_PER_LOGIN`], the first count.
    ///
    /// [`limits::MAX_FINDINGS_PER_LOGIN`]: crate::domain::limits::MAX_FINDINGS_PER_LOGIN
    pub findings: Vec<Finding>,
}

/// A finding about failures.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureFinding {
    pub alert: Alert,
    /// The place in [`FailureRecord::raised`] where it is counted.
    pub slot: usize,
    /// The time after an alert within which equal findings are counted and raise none.
    pub dedup_window: Duration,
}

/// Recent failures of users and of networks.
#[async_trait]
pub trait FailureStore: Send + Sync {
    /// Adds a failure and appends its event, in one step. Returns the record with it.
    async fn record_failure(&self, report: FailureReport) -> Result<FailureRecord, StoreError>;

    /// Records that a user authenticated, so that earlier failures do not count towards the throttle any more. Returns
    /// the record as it was before.
    async fn record_success(&self, handle: UserHandle, now: UnixMillis) -> Result<FailureRecord, StoreError>;

    /// Returns the record of a user or a network. A subject without failures has an empty record.
    async fn load_failures(&self, subject: FailureSubject, handle: UserHandle) -> Result<FailureRecord, StoreError>;

    /// Raises the alerts of findings that are outside their dedup window, and counts the others, in one step. Returns
    /// the alerts.
    async fn raise_findings(&self, findings: FailureFindings) -> Result<Vec<Alert>, StoreError>;

    /// Raises the alerts of findings about a user that are outside their dedup window, and counts the others, in one
    /// step. The findings of logins with the same dedup key count, too. Returns the alerts.
    async fn raise_user_findings(&self, findings: UserFindings) -> Result<Vec<Alert>, StoreError>;

    /// Removes the record of a user.
    async fn delete_failures(&self, handle: UserHandle) -> Result<(), StoreError>;
}

/// Returns the number by which records are compared when some must be removed; the lowest goes first.
pub(super) fn retention_score(record: &FailureRecord, last: UnixMillis) -> u64 {
    last.get() / 1_000 + record.recent.len() as u64 * FAILURE_BONUS.as_secs()
}

/// Returns the record of stored bytes. One that cannot be decoded is logged and counts as empty, because no failure is
/// refused for it.
pub(super) fn decode_or_default(bytes: &[u8]) -> FailureRecord {
    super::record::decode_failures(bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to decode recent failures; starting with none");
        FailureRecord::default()
    })
}
