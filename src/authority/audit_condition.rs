//! Whether the audit database may be asked.

use std::sync::{Mutex, PoisonError};

use crate::domain::Error;

/// Why answers of the audit database must not be relied on: it is an older copy of what it was, so that it misses
/// sessions that live and says that it is complete.
#[derive(Debug, Default)]
pub struct AuditCondition(Mutex<Option<String>>);

impl AuditCondition {
    /// Sets or clears why it must not be asked. Returns whether that is news.
    pub fn set(&self, fault: Option<String>) -> bool {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = current.is_some() != fault.is_some();
        *current = fault;
        is_news
    }

    /// Why it must not be asked.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails while it must not be asked.
    pub fn verify(&self) -> Result<(), Error> {
        self.fault().map_or(Ok(()), |fault| Err(Error::AuditWentBack(fault)))
    }
}
