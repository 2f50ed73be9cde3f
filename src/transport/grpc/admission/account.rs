//! Accounts: the number of permits of each budget that a caller holds.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{rate::RateState, work::WorkKind};
use crate::domain::Caller;

/// The number of accounts at which those without permits are dropped.
const IDLE_ACCOUNTS: usize = 1024;

/// The permits that one caller holds.
#[derive(Debug, Default)]
pub(in crate::transport::grpc) struct CallerAccount {
    /// Set if shares do not apply, because callers cannot be distinguished.
    is_shared_by_all: bool,
    held: [AtomicU32; WorkKind::ALL.len()],
    rates: [RateState; WorkKind::ALL.len()],
}

impl CallerAccount {
    pub(super) fn held(&self, work: WorkKind) -> &AtomicU32 {
        &self.held[work as usize]
    }

    pub(super) const fn rate(&self, work: WorkKind) -> &RateState {
        &self.rates[work as usize]
    }

    pub(super) const fn is_shared_by_all(&self) -> bool {
        self.is_shared_by_all
    }

    fn is_idle(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1 && self.held.iter().all(|held| held.load(Ordering::SeqCst) == 0)
    }
}

/// The accounts of all callers.
#[derive(Debug)]
pub(super) struct CallerAccounts {
    /// The account on a server that authenticates nobody.
    anonymous: Arc<CallerAccount>,
    /// By name. The keys of one caller share an account, also across a reload of the keys.
    callers: RwLock<HashMap<String, Arc<CallerAccount>>>,
}

impl Default for CallerAccounts {
    fn default() -> Self {
        let anonymous = Arc::new(CallerAccount { is_shared_by_all: true, ..CallerAccount::default() });
        Self { anonymous, callers: RwLock::default() }
    }
}

impl CallerAccounts {
    pub(super) fn get_or_open(&self, caller: &Caller) -> Arc<CallerAccount> {
        if caller.role.is_none() {
            return Arc::clone(&self.anonymous);
        }
        let known = self.callers.read().unwrap_or_else(PoisonError::into_inner).get(&caller.name).cloned();
        known.unwrap_or_else(|| self.open_account(caller))
    }

    fn open_account(&self, caller: &Caller) -> Arc<CallerAccount> {
        let mut accounts = self.callers.write().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= IDLE_ACCOUNTS {
            accounts.retain(|_, account| !account.is_idle());
        }
        Arc::clone(accounts.entry(caller.name.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallerRole, TenantScope};

    fn caller(name: &str) -> Caller {
        Caller { name: name.to_owned(), role: Some(CallerRole::Issuer), tenants: TenantScope::All }
    }

    #[test]
    fn a_caller_has_one_account_by_its_name() {
        let accounts = CallerAccounts::default();
        assert!(Arc::ptr_eq(&accounts.get_or_open(&caller("a")), &accounts.get_or_open(&caller("a"))));
        assert!(!Arc::ptr_eq(&accounts.get_or_open(&caller("a")), &accounts.get_or_open(&caller("b"))));
        assert!(accounts.get_or_open(&Caller::anonymous()).is_shared_by_all());
    }

    #[test]
    fn accounts_without_places_do_not_pile_up() {
        let accounts = CallerAccounts::default();
        let held = accounts.get_or_open(&caller("held"));
        for n in 0..3 * IDLE_ACCOUNTS {
            accounts.get_or_open(&caller(&n.to_string()));
        }
        assert!(accounts.callers.read().expect("accounts").len() <= IDLE_ACCOUNTS + 1);
        assert!(Arc::ptr_eq(&held, &accounts.get_or_open(&caller("held"))));
    }
}
