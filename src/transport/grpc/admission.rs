//! How many calls are worked on at a time. Each class of methods has a budget of its own, so that a flood of
//! validations does not keep anybody from revoking; what is over budget is refused at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::domain::Error;

/// Calls worked on at a time, by class.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    pub validations: usize,
    /// Creates, updates, rotations and reports.
    pub changes: usize,
    /// Everything that ends sessions.
    pub revocations: usize,
    /// Lists, searches, reflection.
    pub reads: usize,
}

/// Which budget a method draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Validation,
    Change,
    Revocation,
    Read,
    /// Health must be told however busy the server is.
    Free,
}

#[derive(Clone)]
pub(super) struct Admission {
    validations: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    revocations: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Admission {
    pub(super) fn new(budgets: Budgets) -> Self {
        Self {
            validations: Arc::new(Semaphore::new(budgets.validations)),
            changes: Arc::new(Semaphore::new(budgets.changes)),
            revocations: Arc::new(Semaphore::new(budgets.revocations)),
            reads: Arc::new(Semaphore::new(budgets.reads)),
        }
    }

    /// A place for a call to `path`, held until it is dropped.
    pub(super) fn admit(&self, path: &str) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let budget = match class(path) {
            Class::Validation => &self.validations,
            Class::Change => &self.changes,
            Class::Revocation => &self.revocations,
            Class::Read => &self.reads,
            Class::Free => return Ok(None),
        };
        Arc::clone(budget).try_acquire_owned().map(Some).map_err(|_| Error::Overloaded)
    }

    /// A place for a validation, for whoever can wait: in turn, held until it is dropped.
    pub(super) async fn validation(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.validations.acquire().await.map_err(|_| Error::Overloaded)
    }
}

fn class(path: &str) -> Class {
    match path.rsplit_once('/') {
        Some(("/grpc.health.v1.Health", _)) => Class::Free,
        Some((_, "Validate" | "ValidateStream" | "Check")) => Class::Validation,
        Some((_, "Create" | "Update" | "Rotate" | "ReportAuthEvent")) => Class::Change,
        Some((_, "Revoke" | "RevokeAll" | "RevokeWhere" | "Purge" | "ForgetUser" | "Deny")) => Class::Revocation,
        _ => Class::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_validations_does_not_keep_anybody_from_revoking() {
        let admission = Admission::new(Budgets { validations: 1, changes: 1, revocations: 1, reads: 1 });
        let validate = "/session.v1.SessionService/Validate";
        let held = admission.admit(validate).expect("the first");
        assert_eq!(admission.admit(validate).err(), Some(Error::Overloaded));
        assert!(admission.admit("/session.v1.SessionService/Revoke").is_ok());
        assert!(admission.admit("/grpc.health.v1.Health/Check").is_ok());
        drop(held);
        assert!(admission.admit(validate).is_ok());
    }
}
