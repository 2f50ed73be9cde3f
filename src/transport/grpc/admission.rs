//! Admission: which calls are worked on, and how many at a time.
//!
//! Each kind of work has a budget of its own, so that a flood of one keeps nobody from another. Within a budget each
//! caller has a share, so that no caller takes what others need. A call takes its place only when its message has
//! arrived; until then it counts among those that are being received.

mod account;
mod budget;
mod unauthenticated_calls;
mod work;

use std::{pin::pin, sync::Arc, task::Poll};

use futures_util::poll;
use tokio::time::timeout;

pub use self::work::{AdmissionRefusal, WorkKind};
pub(super) use self::{account::CallerAccount, budget::BudgetPermit, work::MethodRequirements};
use self::{
    account::CallerAccounts,
    budget::{Budget, CallerShare},
    unauthenticated_calls::UnauthenticatedCalls,
};
use super::call::{CallContext, CallObserver, ReceiveLimit};
use crate::domain::{CallError, Caller};

/// Places by kind of work.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Checks of streams have half as many again.
    pub validations: usize,
    pub changes: usize,
    pub revocations: usize,
    pub reads: usize,
    pub admin: usize,
    pub streams: usize,
    /// Streams of alerts.
    pub alerts: usize,
    pub receiving: usize,
    pub unauthenticated: usize,
    /// The part of a budget that one caller alone may hold, 0 to 1.
    pub caller_share: f64,
}

/// Every budget of a server, and the accounts of its callers. Cloning shares them.
#[derive(Clone)]
pub(super) struct AdmissionControl(Arc<AdmissionState>);

struct AdmissionState {
    /// That of strangers is theirs in name only: see `strangers`.
    budgets: [Arc<Budget>; WorkKind::ALL.len()],
    unauthenticated: UnauthenticatedCalls,
    accounts: CallerAccounts,
}

impl AdmissionControl {
    pub(super) fn new(budgets: AdmissionLimits, observer: &Arc<dyn CallObserver>) -> Self {
        let share = CallerShare(budgets.caller_share);
        let capacity = |work| match work {
            WorkKind::Validations => budgets.validations,
            WorkKind::Checks => budgets.validations.div_ceil(2),
            WorkKind::Changes => budgets.changes,
            WorkKind::Revocations => budgets.revocations,
            WorkKind::Reads => budgets.reads,
            WorkKind::Admin => budgets.admin,
            WorkKind::Streams => budgets.streams,
            WorkKind::Alerts => budgets.alerts,
            WorkKind::Receiving => budgets.receiving,
            WorkKind::Unauthenticated => budgets.unauthenticated,
        };
        let strangers = UnauthenticatedCalls::new(budgets.unauthenticated, Arc::clone(observer));
        let budgets = WorkKind::ALL.map(|work| Budget::new(work, capacity(work), share, Arc::clone(observer)));
        Self(Arc::new(AdmissionState { budgets, unauthenticated: strangers, accounts: CallerAccounts::default() }))
    }

    pub(super) fn account_for(&self, caller: &Caller) -> Arc<CallerAccount> {
        self.0.accounts.get_or_open(caller)
    }

    /// Waits for `reading`, which reads the message of `call`. What is there already needs no place and no timer; what
    /// is not takes a place among the calls that are being received and has [`CallContext::receive_limit`].
    pub(super) async fn receive<T>(
        &self,
        call: &CallContext,
        reading: impl Future<Output = T>,
    ) -> Result<T, CallError> {
        let mut reading = pin!(reading);
        if let Poll::Ready(read) = poll!(&mut reading) {
            return Ok(read);
        }
        let ReceiveLimit { timeout: limit, is_set_by_caller: is_callers } = call.receive_limit;
        let received = timeout(limit, reading);
        let received = if call.requirements.is_unauthenticated {
            let mut pending_call = self.0.unauthenticated.admit();
            tokio::select! {
                biased;
                received = received => received,
                () = pending_call.evicted() => return Err(CallError::Overloaded),
            }
        } else {
            let _permit = self.try_acquire(WorkKind::Receiving, &call.account)?;
            received.await
        };
        received.map_err(|_| CallError::RequestNotReceived { limit, is_caller_deadline: is_callers })
    }

    /// Gives `call`, whose message has arrived, its places.
    pub(super) fn admit(&self, call: &CallContext) -> Result<(), CallError> {
        let stream = call.requirements.stream.map(|work| self.try_acquire(work, &call.account)).transpose()?;
        let work = call.requirements.work.map(|work| self.try_acquire(work, &call.account)).transpose()?;
        call.set_permits(work, stream);
        Ok(())
    }

    /// Waits for a place for a part of work that goes on after the answer has begun.
    pub(super) async fn acquire(&self, work: WorkKind, account: &Arc<CallerAccount>) -> BudgetPermit {
        self.0.budgets[work as usize].acquire(account).await
    }

    fn try_acquire(&self, work: WorkKind, account: &Arc<CallerAccount>) -> Result<BudgetPermit, CallError> {
        self.0.budgets[work as usize].try_acquire(account).map_err(|refusal| match refusal {
            AdmissionRefusal::CallerShare => CallError::CallerLimitReached,
            AdmissionRefusal::BudgetFull | AdmissionRefusal::UserQueue => CallError::Overloaded,
        })
    }
}
