use std::collections::BTreeSet;

use crate::domain::{Alert, TenantId, TenantScope, UserId, alert::Severity, search::TenantFilter};

/// Which alerts a subscriber gets: those that pass all of it.
#[derive(Clone, Debug)]
pub struct AlertFilter {
    /// What the caller may see. Never left out.
    pub scope: TenantScope,
    pub tenant: Option<TenantId>,
    pub user: Option<UserId>,
    /// Names; empty: all rules.
    pub rules: BTreeSet<String>,
    pub min_severity: Severity,
}

impl AlertFilter {
    /// All that `scope` allows.
    #[must_use]
    pub const fn for_scope(scope: TenantScope) -> Self {
        Self { scope, tenant: None, user: None, rules: BTreeSet::new(), min_severity: Severity::Info }
    }

    /// The tenants that an alert which passes may be of.
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
