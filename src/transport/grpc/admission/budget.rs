//! A budget: permits for one kind of work, with a share for every caller.
//!
//! A caller may take another permit while it holds less than `share / (1 - share)` times the free permits. With a share
//! of a half, this means fewer than are free. A caller alone gets half of the permits. Two callers that return permits
//! get a third each, and three get a quarter each. An eighth of the permits is reserved for callers that hold none:
//! that many callers find a permit, however long the others hold theirs.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;

use super::{
    account::CallerAccount,
    work::{AdmissionRefusal, WorkKind},
};
use crate::transport::grpc::call::CallObserver;

/// The inverse of the part of a budget that is reserved for callers without a permit.
const RESERVE_DIVISOR: u32 = 8;

/// The part of a budget that one caller alone may hold, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallerShare(pub(super) f64);

impl CallerShare {
    /// Returns whether a caller that holds `held` permits may take one of `free`.
    fn allows(self, held: u32, free: u32) -> bool {
        free > 0 && f64::from(held) * (1.0 - self.0) < f64::from(free) * self.0
    }
}

pub(super) struct Budget {
    work: WorkKind,
    capacity: u32,
    share: CallerShare,
    /// Permits that only a caller without one may take.
    reserve: u32,
    in_use: AtomicU32,
    /// The number of waiters in `queue`, for callers that return a permit.
    waiting: AtomicUsize,
    queue: Mutex<BudgetQueue>,
    observer: Arc<dyn CallObserver>,
}

impl Budget {
    pub(super) fn new(
        work: WorkKind,
        capacity: usize,
        share: CallerShare,
        observer: Arc<dyn CallObserver>,
    ) -> Arc<Self> {
        let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
        observer.set_budget_capacity(work, capacity);
        Arc::new(Self {
            work,
            capacity,
            share,
            reserve: if share.0 < 1.0 { capacity / RESERVE_DIVISOR } else { 0 },
            in_use: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
            queue: Mutex::default(),
            observer,
        })
    }

    /// Takes a permit for `account` without waiting, or returns the refusal.
    pub(super) fn try_acquire(
        self: &Arc<Self>,
        account: &Arc<CallerAccount>,
    ) -> Result<BudgetPermit, AdmissionRefusal> {
        self.try_reserve(account).inspect_err(|refusal| {
            // While this attempt was counted, a waiter may have been skipped.
            self.grant_if_waiting();
            self.observer.admission_refused(self.work, *refusal);
        })?;
        Ok(self.issue_permit(account))
    }

    /// Waits for a permit for `account`. Waiting callers are served in turn, and the waiters of one caller in order of
    /// arrival. It is cancel-safe.
    pub(super) async fn acquire(self: &Arc<Self>, account: &Arc<CallerAccount>) -> BudgetPermit {
        loop {
            // A new attempt does not overtake waiters.
            if self.waiting.load(Ordering::SeqCst) == 0 && self.try_reserve(account).is_ok() {
                return self.issue_permit(account);
            }
            let (sender, receiver) = oneshot::channel();
            let mut waiter = BudgetWaiter { budget: self, account, ticket: Some(self.enter_queue(account, sender)) };
            self.grant_waiting();
            if let Ok(permit) = receiver.await {
                waiter.ticket = None;
                return permit;
            }
        }
    }

    /// Reserves a permit if one may be taken.
    fn try_reserve(&self, account: &CallerAccount) -> Result<(), AdmissionRefusal> {
        let held = account.held(self.work).fetch_add(1, Ordering::SeqCst);
        let may = |used: u32| self.allows(account, held, used).then_some(used + 1);
        self.in_use.fetch_update(Ordering::SeqCst, Ordering::SeqCst, may).map(drop).map_err(|used| {
            account.held(self.work).fetch_sub(1, Ordering::SeqCst);
            if used < self.capacity { AdmissionRefusal::CallerShare } else { AdmissionRefusal::BudgetFull }
        })
    }

    fn allows(&self, account: &CallerAccount, held: u32, used: u32) -> bool {
        let free = self.capacity.saturating_sub(used);
        if account.is_shared_by_all() {
            return free > 0;
        }
        (held == 0 || free > self.reserve) && self.share.allows(held, free)
    }

    fn issue_permit(self: &Arc<Self>, account: &Arc<CallerAccount>) -> BudgetPermit {
        self.observer.add_permits_in_use(self.work, 1);
        BudgetPermit { budget: Arc::clone(self), account: Arc::clone(account) }
    }

    fn release(self: &Arc<Self>, account: &CallerAccount) {
        account.held(self.work).fetch_sub(1, Ordering::SeqCst);
        self.in_use.fetch_sub(1, Ordering::SeqCst);
        self.observer.add_permits_in_use(self.work, -1);
        self.grant_if_waiting();
    }

    fn enter_queue(&self, account: &Arc<CallerAccount>, sender: oneshot::Sender<BudgetPermit>) -> u64 {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        queue.push(account, sender)
    }

    fn leave_queue(&self, account: &Arc<CallerAccount>, ticket: u64) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.remove(account, ticket) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn grant_if_waiting(self: &Arc<Self>) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.grant_waiting();
        }
    }

    /// Hands free permits to waiters.
    fn grant_waiting(self: &Arc<Self>) {
        // Permits of waiters that have just left. They are dropped without the lock.
        let mut unclaimed = Vec::new();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let may = |account: &Arc<CallerAccount>| {
            let held = account.held(self.work).load(Ordering::SeqCst);
            self.allows(account, held, self.in_use.load(Ordering::SeqCst)) && self.try_reserve(account).is_ok()
        };
        while let Some((account, sender)) = queue.next(may) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            unclaimed.extend(sender.send(self.issue_permit(&account)).err());
        }
        drop(queue);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({}: {:?} of {})", self.work.name(), self.in_use, self.capacity)
    }
}

/// A permit of a budget, until it is dropped.
#[derive(Debug)]
pub(in crate::transport) struct BudgetPermit {
    budget: Arc<Budget>,
    account: Arc<CallerAccount>,
}

impl Drop for BudgetPermit {
    fn drop(&mut self) {
        self.budget.release(&self.account);
    }
}

/// The waiters for permits of a budget.
#[derive(Default)]
struct BudgetQueue {
    /// By caller; the next one to be served is first.
    callers: VecDeque<CallerQueue>,
    tickets: u64,
}

struct CallerQueue {
    account: Arc<CallerAccount>,
    /// By ticket, in order of arrival. Not empty.
    waiting: BTreeMap<u64, oneshot::Sender<BudgetPermit>>,
}

impl BudgetQueue {
    /// Adds a waiter and returns its ticket.
    fn push(&mut self, account: &Arc<CallerAccount>, sender: oneshot::Sender<BudgetPermit>) -> u64 {
        self.tickets += 1;
        let ticket = self.tickets;
        if let Some(caller) = self.callers.iter_mut().find(|caller| Arc::ptr_eq(&caller.account, account)) {
            caller.waiting.insert(ticket, sender);
        } else {
            let waiting = BTreeMap::from([(ticket, sender)]);
            self.callers.push_back(CallerQueue { account: Arc::clone(account), waiting });
        }
        ticket
    }

    /// Removes a waiter. Returns whether it was in the queue.
    fn remove(&mut self, account: &Arc<CallerAccount>, ticket: u64) -> bool {
        let Some(at) = self.callers.iter().position(|caller| Arc::ptr_eq(&caller.account, account)) else {
            return false;
        };
        let was_there = self.callers[at].waiting.remove(&ticket).is_some();
        if self.callers[at].waiting.is_empty() {
            self.callers.remove(at);
        }
        was_there
    }

    /// Removes the first waiter of the first caller that `may` take a permit, and moves that caller to the end.
    fn next(
        &mut self,
        may: impl Fn(&Arc<CallerAccount>) -> bool,
    ) -> Option<(Arc<CallerAccount>, oneshot::Sender<BudgetPermit>)> {
        let at = self.callers.iter().position(|caller| may(&caller.account))?;
        let mut caller = self.callers.remove(at)?;
        let (_, sender) = caller.waiting.pop_first()?;
        let account = Arc::clone(&caller.account);
        if !caller.waiting.is_empty() {
            self.callers.push_back(caller);
        }
        Some((account, sender))
    }
}

/// A waiter, which leaves the queue when it is dropped.
struct BudgetWaiter<'a> {
    budget: &'a Budget,
    account: &'a Arc<CallerAccount>,
    /// `None` once it has been served.
    ticket: Option<u64>,
}

impl Drop for BudgetWaiter<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.budget.leave_queue(self.account, ticket);
        }
    }
}

#[cfg(test)]
mod tests;
