//! The condition under which the audit database may be used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::CallError;

/// The state of the audit database: it belongs to the session store, and it was not rolled back. Nothing is written to
/// it until the first is certain. After a rollback its results lack active sessions although they claim to be complete.
#[derive(Debug, Default)]
pub struct AuditCondition(Mutex<AuditState>);

#[derive(Debug, Default)]
struct AuditState {
    is_examined: bool,
    rollback_fault: Option<String>,
}

impl AuditCondition {
    /// Records that the audit database belongs to the session store.
    pub fn mark_examined(&self) {
        self.condition().is_examined = true;
    }

    /// Sets or clears the reason that query results are wrong. Returns whether the condition has changed.
    pub fn set_rollback_fault(&self, fault: Option<String>) -> bool {
        let mut condition = self.condition();
        let has_changed = condition.rollback_fault.is_some() != fault.is_some();
        condition.rollback_fault = fault;
        has_changed
    }

    /// Returns the reason that query results are wrong.
    #[must_use]
    pub fn rollback_fault(&self) -> Option<String> {
        self.condition().rollback_fault.clone()
    }

    /// Fails until the database is known to belong to the session store. Nothing may be written to it before.
    pub fn verify_writable(&self) -> Result<(), CallError> {
        if self.condition().is_examined {
            return Ok(());
        }
        Err(CallError::AuditUnavailable("it has not been compared with the session store yet".into()))
    }

    /// Fails while query results would be wrong.
    pub fn verify_readable(&self) -> Result<(), CallError> {
        self.verify_writable()?;
        self.rollback_fault().map_or(Ok(()), |fault| Err(CallError::AuditRolledBack(fault)))
    }

    fn condition(&self) -> MutexGuard<'_, AuditState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
