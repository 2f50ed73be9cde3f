//! Whether the audit database may be asked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Error;

/// Whether the audit database belongs to the session store, and has all that it had. Nothing is written to a database of
/// which the first is not certain; answers of one that went back miss sessions that live, and say that they are complete.
#[derive(Debug, Default)]
pub struct AuditCondition(Mutex<Condition>);

#[derive(Debug, Default)]
struct Condition {
    is_examined: bool,
    went_back: Option<String>,
}

impl AuditCondition {
    /// Notes that the audit database belongs to the session store.
    pub fn examined(&self) {
        self.condition().is_examined = true;
    }

    /// Sets or clears why its answers are wrong. Returns whether that is news.
    pub fn set_went_back(&self, fault: Option<String>) -> bool {
        let mut condition = self.condition();
        let is_news = condition.went_back.is_some() != fault.is_some();
        condition.went_back = fault;
        is_news
    }

    /// Why its answers are wrong.
    #[must_use]
    pub fn went_back(&self) -> Option<String> {
        self.condition().went_back.clone()
    }

    /// Fails until the database is known to belong to the session store: nothing is to be written to it before.
    pub fn verify_writable(&self) -> Result<(), Error> {
        if self.condition().is_examined {
            return Ok(());
        }
        Err(Error::AuditUnavailable("it has not been compared with the session store yet".to_owned()))
    }

    /// Fails while its answers would be wrong.
    pub fn verify_readable(&self) -> Result<(), Error> {
        self.verify_writable()?;
        self.went_back().map_or(Ok(()), |fault| Err(Error::AuditWentBack(fault)))
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
