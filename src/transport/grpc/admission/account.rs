//! Accounts: how many places of each budget a caller holds.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::work::Work;
use crate::domain::Caller;

/// Accounts without any place are dropped when there are so many.
const IDLE_ACCOUNTS: usize = 1024;

/// The places that one caller holds.
#[derive(Debug, Default)]
pub(in crate::transport::grpc) struct Account {
    /// Whether shares do not apply, because callers cannot be told apart.
    is_shared_by_all: bool,
    held: [AtomicU32; Work::ALL.len()],
}

impl Account {
    pub(super) fn held(&self, work: Work) -> &AtomicU32 {
        &self.held[work as usize]
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
pub(super) struct Accounts {
    /// Of a server that authenticates nobody.
    anonymous: Arc<Account>,
    /// By name: the keys of one caller share an account, also across a reload of the keys.
    callers: RwLock<HashMap<String, Arc<Account>>>,
}

impl Default for Accounts {
    fn default() -> Self {
        let anonymous = Arc::new(Account { is_shared_by_all: true, ..Account::default() });
        Self { anonymous, callers: RwLock::default() }
    }
}

impl Accounts {
    pub(super) fn of_caller(&self, caller: &Caller) -> Arc<Account> {
        if caller.role.is_none() {
            return Arc::clone(&self.anonymous);
        }
        let known = self.callers.read().unwrap_or_else(PoisonError::into_inner).get(&caller.name).cloned();
        known.unwrap_or_else(|| self.open(caller))
    }

    fn open(&self, caller: &Caller) -> Arc<Account> {
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
    use crate::domain::{Role, TenantScope};

    fn caller(name: &str) -> Caller {
        Caller { name: name.to_owned(), role: Some(Role::Issuer), tenants: TenantScope::All }
    }

    #[test]
    fn a_caller_has_one_account_by_its_name() {
        let accounts = Accounts::default();
        assert!(Arc::ptr_eq(&accounts.of_caller(&caller("a")), &accounts.of_caller(&caller("a"))));
        assert!(!Arc::ptr_eq(&accounts.of_caller(&caller("a")), &accounts.of_caller(&caller("b"))));
        assert!(accounts.of_caller(&Caller::anonymous()).is_shared_by_all());
    }

    #[test]
    fn accounts_without_places_do_not_pile_up() {
        let accounts = Accounts::default();
        let held = accounts.of_caller(&caller("held"));
        for n in 0..3 * IDLE_ACCOUNTS {
            accounts.of_caller(&caller(&n.to_string()));
        }
        assert!(accounts.callers.read().expect("accounts").len() <= IDLE_ACCOUNTS + 1);
        assert!(Arc::ptr_eq(&held, &accounts.of_caller(&caller("held"))));
    }
}
