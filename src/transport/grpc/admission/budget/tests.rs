use futures_util::FutureExt;

use super::*;
use crate::{
    domain::{Caller, CallerRole, TenantScope},
    transport::grpc::{admission::account::CallerAccounts, call::tests::NoopCallObserver},
};

const HALF: CallerShare = CallerShare(0.5);

fn budget(capacity: usize, share: CallerShare) -> Arc<Budget> {
    Budget::new(WorkKind::Checks, capacity, share, Arc::new(NoopCallObserver))
}

fn account(accounts: &CallerAccounts, name: &str) -> Arc<CallerAccount> {
    let role = Some(CallerRole::Validator);
    accounts.get_or_open(&Caller { name: name.to_owned(), role, tenants: TenantScope::All })
}

/// Takes permits until none is granted.
fn take_all(budget: &Arc<Budget>, account: &Arc<CallerAccount>) -> Vec<BudgetPermit> {
    std::iter::from_fn(|| budget.try_acquire(account).ok()).collect()
}

#[test]
fn a_caller_alone_gets_its_share_and_each_further_one_as_much_as_it() {
    let (accounts, budget) = (CallerAccounts::default(), budget(512, HALF));
    let [first, second, third] = ["a", "b", "c"].map(|name| account(&accounts, name));
    let mut of_first = take_all(&budget, &first);
    assert_eq!(of_first.len(), 256);
    assert_eq!(budget.try_acquire(&first).err(), Some(AdmissionRefusal::CallerShare));
    // A new caller finds a permit, even while none is returned.
    let mut of_second = take_all(&budget, &second);
    let of_third = take_all(&budget, &third);
    assert_eq!((of_second.len(), of_third.len()), (128, 64));
    // In the long run they hold the same number.
    for _ in 0..1_000 {
        for (places, account) in [(&mut of_first, &first), (&mut of_second, &second)] {
            places.pop();
            places.extend(take_all(&budget, account));
        }
    }
    assert!(of_first.len().abs_diff(of_second.len()) <= 4, "{} {}", of_first.len(), of_second.len());
}

/// The callers only take permits, so nothing evens out among them.
#[test]
fn a_caller_finds_a_place_though_many_others_keep_all_that_they_get() {
    let (accounts, places) = (CallerAccounts::default(), budget(64, HALF));
    let takers: Vec<_> = (0..8).map(|number| account(&accounts, &format!("taker {number}"))).collect();
    let held: Vec<_> = takers.iter().map(|taker| take_all(&places, taker)).collect();
    assert!(held.iter().all(|of_one| !of_one.is_empty()), "{:?}", held.iter().map(Vec::len).collect::<Vec<_>>());
    // The counterpart: without shares the first caller holds all permits.
    let places = budget(64, CallerShare(1.0));
    let held: Vec<_> = takers.iter().map(|taker| take_all(&places, taker)).collect();
    assert_eq!(held.iter().filter(|of_one| !of_one.is_empty()).count(), 1);
}

#[test]
fn without_shares_one_caller_gets_everything_and_others_nothing() {
    let (accounts, budget) = (CallerAccounts::default(), budget(8, CallerShare(1.0)));
    let everything = take_all(&budget, &account(&accounts, "a"));
    assert_eq!(everything.len(), 8);
    assert_eq!(budget.try_acquire(&account(&accounts, "b")).err(), Some(AdmissionRefusal::BudgetFull));
}

#[test]
fn where_nobody_is_authenticated_the_whole_budget_can_be_used() {
    let (accounts, budget) = (CallerAccounts::default(), budget(8, HALF));
    let anonymous = accounts.get_or_open(&Caller::anonymous());
    let everything = take_all(&budget, &anonymous);
    assert_eq!(everything.len(), 8);
    assert_eq!(budget.try_acquire(&anonymous).err(), Some(AdmissionRefusal::BudgetFull));
}

#[test]
fn the_only_permit_goes_to_the_first_caller() {
    let (accounts, budget) = (CallerAccounts::default(), budget(1, HALF));
    let place = budget.try_acquire(&account(&accounts, "a")).expect("a permit");
    assert_eq!(budget.try_acquire(&account(&accounts, "b")).err(), Some(AdmissionRefusal::BudgetFull));
    drop(place);
    assert!(budget.try_acquire(&account(&accounts, "b")).is_ok());
}

#[test]
fn callers_that_wait_are_served_in_turn() {
    let (accounts, budget) = (CallerAccounts::default(), budget(1, HALF));
    let [flood, other] = ["flood", "other"].map(|name| account(&accounts, name));
    let held = budget.try_acquire(&flood).expect("a permit");
    let mut of_flood: Vec<_> = (0..100).map(|_| Box::pin(budget.acquire(&flood))).collect();
    assert!(of_flood.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
    let mut of_other = Box::pin(budget.acquire(&other));
    assert!(of_other.as_mut().now_or_never().is_none());
    drop(held);
    let first = of_flood[0].as_mut().now_or_never().expect("the first waiter");
    assert!(of_other.as_mut().now_or_never().is_none());
    drop(first);
    let second = of_other.as_mut().now_or_never().expect("the other caller, though 99 came before it");
    drop(second);
    assert!(of_flood[1].as_mut().now_or_never().is_some());
}

#[test]
fn a_caller_that_waits_for_its_own_share_holds_up_nobody() {
    let (accounts, budget) = (CallerAccounts::default(), budget(4, HALF));
    let [flood, other] = ["flood", "other"].map(|name| account(&accounts, name));
    let held = take_all(&budget, &flood);
    assert_eq!(held.len(), 2);
    let mut waiting = Box::pin(budget.acquire(&flood));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(budget.acquire(&other).now_or_never().is_some(), "the other caller need not wait");
    drop(held);
    assert!(waiting.as_mut().now_or_never().is_some());
}

#[test]
fn one_that_waits_no_longer_leaves_nothing_behind() {
    let (accounts, budget) = (CallerAccounts::default(), budget(1, HALF));
    let account = account(&accounts, "a");
    let held = budget.try_acquire(&account).expect("a permit");
    let mut gone = Box::pin(budget.acquire(&account));
    assert!(gone.as_mut().now_or_never().is_none());
    let mut served_and_gone = Box::pin(budget.acquire(&account));
    assert!(served_and_gone.as_mut().now_or_never().is_none());
    drop(gone);
    assert_eq!(budget.waiting.load(Ordering::SeqCst), 1);
    // Handed over, and never received.
    drop(held);
    drop(served_and_gone);
    assert_eq!((budget.waiting.load(Ordering::SeqCst), budget.in_use.load(Ordering::SeqCst)), (0, 0));
    assert!(budget.queue.lock().expect("the queue").callers.is_empty());
    assert!(budget.try_acquire(&account).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_contention_no_place_is_lost_and_none_is_given_twice() {
    let (accounts, budget) = (CallerAccounts::default(), budget(3, HALF));
    let mut work = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (budget, account) = (Arc::clone(&budget), account(&accounts, &(n % 4).to_string()));
        work.spawn(async move {
            for round in 0..200 {
                if round % 7 == 0 {
                    let _ = budget.acquire(&account).now_or_never();
                    let _ = budget.try_acquire(&account);
                }
                let place = budget.acquire(&account).await;
                assert!(budget.in_use.load(Ordering::SeqCst) <= 3);
                tokio::task::yield_now().await;
                drop(place);
            }
        });
    }
    work.join_all().await;
    assert_eq!((budget.waiting.load(Ordering::SeqCst), budget.in_use.load(Ordering::SeqCst)), (0, 0));
}
