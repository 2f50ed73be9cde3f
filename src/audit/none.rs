//! No audit.

use async_trait::async_trait;

use super::{Appended, AuditError, EventLog, RefusedEntry};
use crate::domain::Event;

/// Takes every event and keeps none: for installations that chose `audit.url = "none"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEventLog;

#[async_trait]
impl EventLog for NoEventLog {
    fn engine(&self) -> &'static str {
        "none"
    }

    async fn append(&self, _: &[Event]) -> Result<Appended, AuditError> {
        Ok(Appended::default())
    }

    async fn set_aside(&self, _: &RefusedEntry) -> Result<(), AuditError> {
        Ok(())
    }

    async fn ready(&self) -> Result<(), AuditError> {
        Ok(())
    }

    async fn close(&self) {}
}
