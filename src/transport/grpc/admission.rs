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
    /// The part of them that checks of streams may take.
    checks: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    revocations: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Admission {
    pub(super) fn new(budgets: Budgets) -> Self {
        Self {
            validations: Arc::new(Semaphore::new(budgets.validations)),
            checks: Arc::new(Semaphore::new(budgets.validations.div_ceil(2))),
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

    /// A place for a check of a stream, which can wait: in turn, held until it is dropped. Who waits is served before who
    /// cannot, so checks get no more than half of all places, however many streams there are.
    pub(super) async fn check(&self) -> Result<[SemaphorePermit<'_>; 2], Error> {
        let overloaded = |_| Error::Overloaded;
        Ok([self.checks.acquire().await.map_err(overloaded)?, self.validations.acquire().await.map_err(overloaded)?])
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
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn checks_of_streams_leave_half_of_the_places() {
        let admission = Admission::new(Budgets { validations: 4, changes: 1, revocations: 1, reads: 1 });
        let checks: Vec<_> = (0..2).map(|_| admission.check().now_or_never().expect("a place")).collect();
        assert!(admission.check().now_or_never().is_none(), "it waits");
        let mut waiting = Box::pin(admission.check());
        assert!(waiting.as_mut().now_or_never().is_none());
        let validate = "/session.v1.SessionService/Validate";
        let calls: Vec<_> = (0..2).map(|_| admission.admit(validate).expect("a place")).collect();
        assert_eq!(admission.admit(validate).err(), Some(Error::Overloaded));
        drop((checks, calls));
        assert!(waiting.as_mut().now_or_never().is_some());
    }

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
