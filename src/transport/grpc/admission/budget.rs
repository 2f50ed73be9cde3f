//! A budget: places for one kind of work, with a share for every caller.
//!
//! A caller may take one more place while it holds less than `share / (1 - share)` times the places that are free. With
//! a share of a half that is: fewer than are free. A caller alone gets half of the places; two that give places back get
//! a third each, three a quarter. An eighth of the places is for callers that hold none: each of as many callers finds
//! one, however long the others hold theirs.

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

/// One place out of so many is for a caller that holds none.
const RESERVE_DIVISOR: u32 = 8;

/// The part of a budget that one caller alone may hold, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallerShare(pub(super) f64);

impl CallerShare {
    /// Whether a caller that holds `held` places may take one of `free`.
    fn allows(self, held: u32, free: u32) -> bool {
        free > 0 && f64::from(held) * (1.0 - self.0) < f64::from(free) * self.0
    }
}

pub(super) struct Budget {
    work: WorkKind,
    capacity: u32,
    share: CallerShare,
    /// Places that only a caller without one may take.
    reserve: u32,
    in_use: AtomicU32,
    /// How many wait in `queue`, for those who free a place.
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

    /// Takes a place for `account` at once, or not at all.
    pub(super) fn try_acquire(
        self: &Arc<Self>,
        account: &Arc<CallerAccount>,
    ) -> Result<BudgetPermit, AdmissionRefusal> {
        self.try_reserve(account).inspect_err(|refusal| {
            // While this one was counted, one that waits may have been passed over.
            self.grant_if_waiting();
            self.observer.admission_refused(self.work, *refusal);
        })?;
        Ok(self.issue_permit(account))
    }

    /// Waits for a place for `account`. Callers that wait are served in turn, and each caller's own in the order they
    /// came. Waiting can be given up at any time.
    pub(super) async fn acquire(self: &Arc<Self>, account: &Arc<CallerAccount>) -> BudgetPermit {
        loop {
            // Nobody is overtaken.
            if self.waiting.load(Ordering::SeqCst) == 0 && self.try_reserve(account).is_ok() {
                return self.issue_permit(account);
            }
            let (sender, receiver) = oneshot::channel();
            let mut waiter = BudgetWaiter { budget: self, account, ticket: Some(self.enter_queue(account, sender)) };
            self.grant_waiting();
            if let Ok(place) = receiver.await {
                waiter.ticket = None;
                return place;
            }
        }
    }

    /// Counts a place in if there is one.
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

    /// Hands places that are free to those who wait.
    fn grant_waiting(self: &Arc<Self>) {
        // Of those who left just now; dropped without the lock.
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

/// A place in a budget, until it is dropped.
#[derive(Debug)]
pub(in crate::transport::grpc) struct BudgetPermit {
    budget: Arc<Budget>,
    account: Arc<CallerAccount>,
}

impl Drop for BudgetPermit {
    fn drop(&mut self) {
        self.budget.release(&self.account);
    }
}

/// Those who wait for a place.
#[derive(Default)]
struct BudgetQueue {
    /// By caller; the next to be served comes first.
    callers: VecDeque<CallerQueue>,
    tickets: u64,
}

struct CallerQueue {
    account: Arc<CallerAccount>,
    /// By ticket: in the order they came. Not empty.
    waiting: BTreeMap<u64, oneshot::Sender<BudgetPermit>>,
}

impl BudgetQueue {
    /// Returns the ticket of the new entry.
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

    /// Returns whether it was there.
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

    /// Takes out the first one of the first caller that `may` go on, and puts that caller last.
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

/// One that waits. Leaves the queue when it is dropped.
struct BudgetWaiter<'a> {
    budget: &'a Budget,
    account: &'a Arc<CallerAccount>,
    /// `None`: it was served.
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
