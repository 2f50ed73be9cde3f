//! Tenants.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

use super::StatsView;

/// The page that leads to a tenant.
#[derive(Clone, Debug, Template)]
#[template(path = "console/tenants.html")]
pub struct TenantsPage {
    pub layout: PageLayout,
    /// The tenants to which the key is limited, with the addresses of their pages. Empty: it has access to all.
    pub tenants: Vec<(UntrustedText, String)>,
}

/// The page of one tenant.
#[derive(Clone, Debug, Template)]
#[template(path = "console/tenant.html")]
pub struct TenantPage {
    pub layout: PageLayout,
    /// The tenant as it is passed on in forms.
    pub tenant: String,
    pub shown: UntrustedText,
    pub stats: StatsView,
    pub sessions_address: String,
    pub alerts_address: String,
    pub audit_address: String,
    /// The idempotency key of a revocation.
    pub operation_id: String,
}
