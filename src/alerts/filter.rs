use std::collections::BTreeSet;

use crate::domain::{Alert, TenantId, TenantScope, UserId, alert::Severity, search::TenantFilter};

/// The filter of a subscriber. An alert matches if it satisfies every condition.
#[derive(Clone, Debug)]
pub struct AlertFilter {
    /// Tenants that the caller may see. This condition always applies.
    pub scope: TenantScope,
    pub tenant: Option<TenantId>,
    pub user: Option<UserId>,
    /// Names of rules. If empty, every rule matches.
    pub rules: BTreeSet<String>,
    pub min_severity: Severity,
}

impl AlertFilter {
    /// Returns a filter that every alert within `scope` matches.
    #[must_use]
    pub const fn for_scope(scope: TenantScope) -> Self {
        Self { scope, tenant: None, user: None, rules: BTreeSet::new(), min_severity: Severity::Info }
    }

    /// Returns the tenants to which a matching alert can belong; `None` stands for every tenant.
    #[must_use]
    pub(super) fn tenants(&self) -> TenantFilter {
        match (&self.tenant, &self.scope) {
            (Some(tenant), scope) => Some(scope.allows(tenant.as_str()).then(|| tenant.clone()).into_iter().collect()),
            (None, TenantScope::All) => None,
            (None, TenantScope::Only(tenants)) => {
                Some(tenants.iter().filter_map(|tenant| TenantId::new(tenant).ok()).collect())
            }
        }
    }

    #[must_use]
    pub fn matches(&self, alert: &Alert) -> bool {
        self.scope.allows(alert.tenant.as_str())
            && self.tenant.as_ref().is_none_or(|tenant| *tenant == alert.tenant)
            && self.user.as_ref().is_none_or(|user| alert.user.as_ref() == Some(user))
            && (self.rules.is_empty() || self.rules.contains(&alert.rule))
            && alert.severity >= self.min_severity
    }
}
