//! Access to the queries of the audit database.

use std::sync::Arc;

use tokio::sync::watch;

use super::audit_condition::AuditCondition;
use crate::{
    audit::{AuditHistory, RelayStatus},
    domain::{CallError, UnixMillis},
};

/// Gives access to the queries of the audit database while their results are right.
#[derive(Clone)]
pub struct AuditReader {
    pub history: Arc<dyn AuditHistory>,
    /// The condition under which the audit database may be used.
    pub condition: Arc<AuditCondition>,
    /// The status of the relay, which has the time up to which the audit database is complete.
    pub relay_status: watch::Receiver<RelayStatus>,
}

impl AuditReader {
    /// Returns the queries of the audit database. Fails while their results would be wrong.
    pub(super) fn history(&self) -> Result<&dyn AuditHistory, CallError> {
        self.condition.verify_readable()?;
        Ok(self.history.as_ref())
    }

    /// Returns the time before which every change is in the audit database. It must be read before the query that it
    /// qualifies.
    pub(super) fn complete_until(&self) -> Option<UnixMillis> {
        self.relay_status.borrow().complete_until
    }
}
