//! Admission: which calls are worked on, and how many at a time.
//!
//! Each kind of work has a budget of its own, so that a flood of one keeps nobody from another. Within a budget each
//! caller has a share, so that no caller takes what others need. A call takes its place only when its message has
//! arrived; until then it counts among those that are being received.

mod account;
mod budget;
mod waiting_room;
mod work;

use std::{pin::pin, sync::Arc, task::Poll};

use futures_util::poll;
use tokio::time::timeout;

pub use self::work::{Refusal, Work};
pub(super) use self::{account::Account, budget::Place, work::Route};
use self::{
    account::Accounts,
    budget::{Budget, Share},
    waiting_room::WaitingRoom,
};
use super::call::{Call, CallObserver, ReceiveLimit};
use crate::domain::{Caller, Error};

/// Places by kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
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
pub(super) struct Admission(Arc<State>);

struct State {
    /// That of strangers is theirs in name only: see `strangers`.
    budgets: [Arc<Budget>; Work::ALL.len()],
    strangers: WaitingRoom,
    accounts: Accounts,
}

impl Admission {
    pub(super) fn new(budgets: Budgets, observer: &Arc<dyn CallObserver>) -> Self {
        let share = Share(budgets.caller_share);
        let capacity = |work| match work {
            Work::Validations => budgets.validations,
            Work::Checks => budgets.validations.div_ceil(2),
            Work::Changes => budgets.changes,
            Work::Revocations => budgets.revocations,
            Work::Reads => budgets.reads,
            Work::Admin => budgets.admin,
            Work::Streams => budgets.streams,
            Work::Alerts => budgets.alerts,
            Work::Receiving => budgets.receiving,
            Work::Unauthenticated => budgets.unauthenticated,
        };
        let strangers = WaitingRoom::new(budgets.unauthenticated, Arc::clone(observer));
        let budgets = Work::ALL.map(|work| Budget::new(work, capacity(work), share, Arc::clone(observer)));
        Self(Arc::new(State { budgets, strangers, accounts: Accounts::default() }))
    }

    pub(super) fn account_of(&self, caller: &Caller) -> Arc<Account> {
        self.0.accounts.of_caller(caller)
    }

    /// Waits for `reading`, which reads the message of `call`. What is there already needs no place and no timer; what
    /// is not takes a place among the calls that are being received and has [`Call::receive_limit`].
    pub(super) async fn receive<T>(&self, call: &Call, reading: impl Future<Output = T>) -> Result<T, Error> {
        let mut reading = pin!(reading);
        if let Poll::Ready(read) = poll!(&mut reading) {
            return Ok(read);
        }
        let ReceiveLimit { span: limit, is_callers } = call.receive_limit;
        let received = timeout(limit, reading);
        let received = if call.route.is_anybodys {
            let mut seat = self.0.strangers.enter();
            tokio::select! {
                biased;
                received = received => received,
                () = seat.sent_away() => return Err(Error::Overloaded),
            }
        } else {
            let _place = self.try_take(Work::Receiving, &call.account)?;
            received.await
        };
        received.map_err(|_| Error::RequestNotReceived { limit, is_callers })
    }

    /// Gives `call`, whose message has arrived, its places.
    pub(super) fn admit(&self, call: &Call) -> Result<(), Error> {
        let stream = call.route.stream.map(|work| self.try_take(work, &call.account)).transpose()?;
        let work = call.route.work.map(|work| self.try_take(work, &call.account)).transpose()?;
        call.admitted(work, stream);
        Ok(())
    }

    /// Waits for a place for a part of work that goes on after the answer has begun.
    pub(super) async fn wait_for(&self, work: Work, account: &Arc<Account>) -> Place {
        self.0.budgets[work as usize].take(account).await
    }

    fn try_take(&self, work: Work, account: &Arc<Account>) -> Result<Place, Error> {
        self.0.budgets[work as usize].try_take(account).map_err(|refusal| match refusal {
            Refusal::CallerShare => Error::CallerShareUsed,
            Refusal::BudgetFull | Refusal::UserQueue => Error::Overloaded,
        })
    }
}
