//! Admission: the decision which calls proceed, and how many at a time.
//!
//! Each kind of work has a budget of its own, so a flood of one kind does not starve another. Within a budget each
//! caller has a share, so no caller takes the permits that others need. A call takes its permit only when its message
//! has arrived; until then it is counted among the calls that are being received.

mod account;
mod budget;
mod rate;
mod unauthenticated_calls;
mod work;

use std::{pin::pin, sync::Arc, task::Poll, time::Duration};

use futures_util::poll;
use http::Extensions;
use tokio::time::timeout;

pub(super) use self::account::CallerAccount;
pub use self::work::{AdmissionRefusal, WorkKind};
use self::{
    account::CallerAccounts,
    budget::{Budget, CallerShare},
    unauthenticated_calls::UnauthenticatedCalls,
};
pub(in crate::transport) use self::{
    budget::BudgetPermit,
    rate::{RateLimit, RateState},
};
use super::{
    call::{CallContext, CallObserver, ReceiveLimit},
    rpc_error::RpcError,
};
use crate::{clock::Stopwatch, domain::Caller};

/// The number of permits for each kind of work.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Checks of streams have a budget of their own, half as large.
    pub validations: usize,
    pub writes: usize,
    pub revocations: usize,
    pub reads: usize,
    pub admin: usize,
    pub streams: usize,
    /// Open alert streams.
    pub alerts: usize,
    pub receiving: usize,
    pub unauthenticated: usize,
    /// The part of a budget that one caller alone may hold, 0 to 1.
    pub caller_share: f64,
    pub caller_rates: CallerRates,
}

/// The number of calls that one caller may make in a second, by kind of work; 0: any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerRates {
    /// Calls, and separately the checks of streams.
    pub validations: u32,
    pub writes: u32,
    pub revocations: u32,
    pub reads: u32,
    pub admin: u32,
    /// The time for which a caller that was idle may make calls in advance.
    pub burst: Duration,
}

impl CallerRates {
    fn limit(self, work: WorkKind) -> Option<RateLimit> {
        let per_second = match work {
            WorkKind::Validations | WorkKind::Checks => self.validations,
            WorkKind::Writes => self.writes,
            WorkKind::Revocations => self.revocations,
            WorkKind::Reads => self.reads,
            WorkKind::Admin => self.admin,
            WorkKind::Streams | WorkKind::Alerts | WorkKind::Receiving | WorkKind::Unauthenticated => 0,
        };
        RateLimit::new(per_second, self.burst)
    }
}

/// The budgets of a server and the accounts of its callers. Clones share them.
#[derive(Clone)]
pub(in crate::transport) struct AdmissionControl(Arc<AdmissionState>);

struct AdmissionState {
    /// The budget for unauthenticated calls exists in name only: see `unauthenticated`.
    budgets: [Arc<Budget>; WorkKind::ALL.len()],
    unauthenticated: UnauthenticatedCalls,
    accounts: CallerAccounts,
    rates: [Option<RateLimit>; WorkKind::ALL.len()],
    started: Stopwatch,
    observer: Arc<dyn CallObserver>,
}

impl AdmissionControl {
    pub(super) fn new(budgets: AdmissionLimits, observer: &Arc<dyn CallObserver>) -> Self {
        let share = CallerShare(budgets.caller_share);
        let capacity = |work| match work {
            WorkKind::Validations => budgets.validations,
            WorkKind::Checks => budgets.validations.div_ceil(2),
            WorkKind::Writes => budgets.writes,
            WorkKind::Revocations => budgets.revocations,
            WorkKind::Reads => budgets.reads,
            WorkKind::Admin => budgets.admin,
            WorkKind::Streams => budgets.streams,
            WorkKind::Alerts => budgets.alerts,
            WorkKind::Receiving => budgets.receiving,
            WorkKind::Unauthenticated => budgets.unauthenticated,
        };
        let unauthenticated = UnauthenticatedCalls::new(budgets.unauthenticated, Arc::clone(observer));
        let rates = WorkKind::ALL.map(|work| budgets.caller_rates.limit(work));
        let budgets = WorkKind::ALL.map(|work| Budget::new(work, capacity(work), share, Arc::clone(observer)));
        Self(Arc::new(AdmissionState {
            budgets,
            unauthenticated,
            accounts: CallerAccounts::default(),
            rates,
            started: Stopwatch::start(),
            observer: Arc::clone(observer),
        }))
    }

    pub(super) fn account_for(&self, caller: &Caller) -> Arc<CallerAccount> {
        self.0.accounts.get_or_open(caller)
    }

    /// Waits for `reading`, which reads the message of `call`. A message that is already there needs no permit and no
    /// timer. Otherwise the call takes a permit among the calls that are being received, and its message has
    /// [`CallContext::receive_limit`] to arrive.
    pub(super) async fn receive<T>(&self, call: &CallContext, reading: impl Future<Output = T>) -> Result<T, RpcError> {
        let mut reading = pin!(reading);
        if let Poll::Ready(read) = poll!(&mut reading) {
            return Ok(read);
        }
        let ReceiveLimit { timeout: limit, is_set_by_caller: is_callers } = call.receive_limit;
        let received = timeout(limit, reading);
        let received = if call.method.is_unauthenticated {
            let mut pending_call = self.0.unauthenticated.admit();
            tokio::select! {
                biased;
                received = received => received,
                () = pending_call.evicted() => return Err(RpcError::Overloaded),
            }
        } else {
            let _permit = self.try_acquire(WorkKind::Receiving, &call.account)?;
            received.await
        };
        received.map_err(|_| RpcError::RequestNotReceived { limit, is_caller_deadline: is_callers })
    }

    /// Takes the permits of `call`, whose message has arrived.
    pub(super) fn admit(&self, call: &CallContext) -> Result<(), RpcError> {
        if let Some(work) = call.method.work {
            self.limit_rate(work, &call.account)?;
        }
        let stream = call.method.stream.map(|work| self.try_acquire(work, &call.account)).transpose()?;
        let work = call.method.work.map(|work| self.try_acquire(work, &call.account)).transpose()?;
        call.set_permits(work, stream);
        Ok(())
    }

    /// Takes the permit for a call of `caller` that has arrived whole, and counts it in the rate of its caller.
    pub(in crate::transport) fn admit_work(&self, work: WorkKind, caller: &Caller) -> Result<BudgetPermit, RpcError> {
        let account = self.account_for(caller);
        self.limit_rate(work, &account)?;
        self.try_acquire(work, &account)
    }

    /// Takes the permits of the call with these extensions, whose message has arrived.
    pub(super) fn admit_request(&self, extensions: &Extensions) -> Result<(), RpcError> {
        self.admit(CallContext::from_extensions(extensions)?)
    }

    /// Waits for a permit for a part of work that continues after the response has begun.
    pub(super) async fn acquire(&self, work: WorkKind, account: &Arc<CallerAccount>) -> BudgetPermit {
        self.0.budgets[work as usize].acquire(account).await
    }

    /// Counts a call, or a check of a stream, in the rate of its caller. Fails if the caller makes too many.
    pub(super) fn limit_rate(&self, work: WorkKind, account: &CallerAccount) -> Result<(), RpcError> {
        let Some(limit) = self.0.rates[work as usize].filter(|_| !account.is_shared_by_all()) else { return Ok(()) };
        limit.check(account.rate(work), self.0.started.elapsed()).map_err(|retry_after| {
            self.0.observer.admission_refused(work, AdmissionRefusal::CallerRate);
            RpcError::CallerRateExceeded { retry_after }
        })
    }

    fn try_acquire(&self, work: WorkKind, account: &Arc<CallerAccount>) -> Result<BudgetPermit, RpcError> {
        self.0.budgets[work as usize].try_acquire(account).map_err(|refusal| match refusal {
            AdmissionRefusal::CallerShare => RpcError::CallerLimitReached,
            AdmissionRefusal::BudgetFull | AdmissionRefusal::UserQueue | AdmissionRefusal::CallerRate => {
                RpcError::Overloaded
            }
        })
    }
}
