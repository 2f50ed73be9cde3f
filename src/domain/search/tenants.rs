use super::TenantFilter;
use crate::domain::{id::TenantId, time::UnixMillis};

/// A request for the tenants that have sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSearch {
    pub tenants: TenantFilter,
    /// The time since which sign-ins and alerts count.
    pub since: UnixMillis,
}

/// A tenant with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSummary {
    pub tenant: TenantId,
    pub active_sessions: u64,
    pub logins: u64,
    pub alerts: u64,
}
