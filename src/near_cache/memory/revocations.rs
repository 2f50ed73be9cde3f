//! The mass revocations that cached sessions of a bucket may have missed.

use std::{collections::HashMap, hash::BuildHasher};

use crate::{
    domain::{TenantId, event::RevocationScope},
    store::record::Generation,
};

/// The approximate memory of the table for a tenant, in bytes.
const TENANT_BYTES: usize = 32;

/// The mass revocations of a bucket after one generation, complete up to another.
///
/// A cached session was checked up to a generation. It has ended if its tenant or everyone was revoked after that. The
/// list is complete from the oldest such generation on. A tenant is listed as a keyed digest. If two tenants have the
/// same digest, a revocation of one costs a session of the other a read of the store, and nothing else.
#[derive(Debug)]
pub(super) struct RecentRevocations {
    /// The generation up to which revocations need not be listed.
    since: Generation,
    latest: Generation,
    everyone: Generation,
    tenants: HashMap<u64, Generation>,
}

impl RecentRevocations {
    /// Creates an empty list that is complete at `generation`.
    pub(super) fn new(generation: Generation) -> Self {
        Self { since: generation, latest: generation, everyone: 0, tenants: HashMap::new() }
    }

    /// Returns the generation up to which the list is complete.
    pub(super) const fn latest(&self) -> Generation {
        self.latest
    }

    /// Returns whether every revocation after `checked` is listed, or will be.
    pub(super) const fn covers(&self, checked: Generation) -> bool {
        checked >= self.since
    }

    /// Returns whether no revocation has ended a session of `tenant` since it was checked. Returns `false` if the list
    /// does not cover that generation.
    pub(super) fn admits(&self, checked: Generation, tenant: &TenantId) -> bool {
        checked >= self.latest
            || self.covers(checked)
                && self.everyone <= checked
                && (self.tenants.is_empty()
                    || self.tenants.get(&self.digest(tenant)).is_none_or(|revoked| *revoked <= checked))
    }

    /// Adds all revocations from [`latest`](Self::latest) up to `latest`.
    pub(super) fn extend(&mut self, revoked: &[(RevocationScope, Generation)], latest: Generation) {
        for (scope, generation) in revoked {
            match scope {
                RevocationScope::Tenant(tenant) => {
                    let digest = self.digest(tenant);
                    let listed = self.tenants.entry(digest).or_default();
                    *listed = (*listed).max(*generation);
                }
                // A mass revocation never has the scope of a user. A scope that is not understood ends all sessions.
                RevocationScope::Everyone | RevocationScope::User(_) => self.everyone = self.everyone.max(*generation),
            }
        }
        self.latest = self.latest.max(latest);
    }

    /// Returns the number of tenants in the list.
    pub(super) fn len(&self) -> usize {
        self.tenants.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.len() * TENANT_BYTES
    }

    fn digest(&self, tenant: &TenantId) -> u64 {
        self.tenants.hasher().hash_one(tenant.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).expect("a tenant")
    }

    fn tenant_scope(name: &str) -> RevocationScope {
        RevocationScope::Tenant(tenant(name))
    }

    #[test]
    fn only_sessions_of_a_revoked_tenant_that_were_checked_before_are_over() {
        let mut list = RecentRevocations::new(3);
        list.extend(&[(tenant_scope("acme"), 4), (tenant_scope("globex"), 5)], 5);
        assert!(!list.admits(3, &tenant("acme")));
        assert!(list.admits(4, &tenant("acme")));
        assert!(!list.admits(4, &tenant("globex")));
        assert!(list.admits(3, &tenant("initech")));
        list.extend(&[(RevocationScope::Everyone, 6)], 6);
        assert!(!list.admits(5, &tenant("initech")));
        assert!(list.admits(6, &tenant("initech")));
    }

    #[test]
    fn what_is_older_than_the_list_is_not_admitted() {
        let mut list = RecentRevocations::new(3);
        list.extend(&[(tenant_scope("acme"), 4)], 4);
        assert!(!list.covers(2));
        assert!(!list.admits(2, &tenant("globex")));
    }

    #[test]
    fn a_repeated_revocation_takes_no_more_room() {
        let mut list = RecentRevocations::new(0);
        for generation in 1..=100 {
            list.extend(&[(tenant_scope("acme"), generation)], generation);
        }
        assert_eq!((list.len(), list.latest()), (1, 100));
        assert!(!list.admits(99, &tenant("acme")));
    }
}
