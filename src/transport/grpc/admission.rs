//! How many calls are worked on at a time. Each class of methods has a budget of its own, so that a flood of
//! validations does not keep anybody from revoking; what is over budget is refused at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::Error;

/// Calls worked on at a time, by class.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    pub validations: usize,
    /// Creates, updates, lists and everything else.
    pub others: usize,
    /// Endings, which are refused last.
    pub revocations: usize,
}

/// Which budget a method draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Validation,
    Other,
    Revocation,
    /// Health must be told however busy the server is.
    Free,
}

pub(super) struct Admission {
    validations: Arc<Semaphore>,
    others: Arc<Semaphore>,
    revocations: Arc<Semaphore>,
}

impl Admission {
    pub(super) fn new(budgets: Budgets) -> Self {
        Self {
            validations: Arc::new(Semaphore::new(budgets.validations)),
            others: Arc::new(Semaphore::new(budgets.others)),
            revocations: Arc::new(Semaphore::new(budgets.revocations)),
        }
    }

    /// A place for a call to `path`, held until it is dropped.
    pub(super) fn admit(&self, path: &str) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let budget = match class(path) {
            Class::Validation => &self.validations,
            Class::Other => &self.others,
            Class::Revocation => &self.revocations,
            Class::Free => return Ok(None),
        };
        Arc::clone(budget).try_acquire_owned().map(Some).map_err(|_| Error::Overloaded)
    }
}

fn class(path: &str) -> Class {
    match path.rsplit_once('/') {
        Some((_, "Validate" | "ValidateStream")) => Class::Validation,
        Some((_, "Revoke" | "RevokeAll" | "RevokeWhere")) => Class::Revocation,
        Some(("/grpc.health.v1.Health", _)) => Class::Free,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_validations_does_not_keep_anybody_from_revoking() {
        let admission = Admission::new(Budgets { validations: 1, others: 1, revocations: 1 });
        let validate = "/session.v1.SessionService/Validate";
        let held = admission.admit(validate).expect("the first");
        assert_eq!(admission.admit(validate).err(), Some(Error::Overloaded));
        assert!(admission.admit("/session.v1.SessionService/Revoke").is_ok());
        assert!(admission.admit("/grpc.health.v1.Health/Check").is_ok());
        drop(held);
        assert!(admission.admit(validate).is_ok());
    }
}
