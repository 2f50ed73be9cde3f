//! Tenants.

use askama::Template;

use crate::web::{layout::PageLayout, page_time::PageTime, untrusted::UntrustedText};

use super::StatsView;

/// The page with the tenants.
#[derive(Clone, Debug, Template)]
#[template(path = "console/tenants.html")]
pub struct TenantsPage {
    pub layout: PageLayout,
    pub tenants: Vec<TenantRow>,
    /// The address of the next page; empty if this is the last one.
    pub next: String,
    pub is_first: bool,
    pub complete_until: PageTime,
}

/// A tenant in a list.
#[derive(Clone, Debug)]
pub struct TenantRow {
    pub name: UntrustedText,
    pub address: String,
    pub active_sessions: u64,
    pub logins: u64,
    pub alerts: u64,
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
