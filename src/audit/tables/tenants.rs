//! Tenants, counted over several tables.

use super::stored_columns::{decode_number, violation_error};
use crate::domain::{TenantId, search::TenantSummary};

/// A row of the list of tenants.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::audit) struct StoredTenantCounts {
    tenant: String,
    active_sessions: i64,
    logins: i64,
    alerts: i64,
}

impl StoredTenantCounts {
    pub fn into_summary(self) -> sqlx::Result<TenantSummary> {
        Ok(TenantSummary {
            tenant: TenantId::new(&self.tenant).map_err(violation_error)?,
            active_sessions: decode_number("active_sessions", self.active_sessions)?,
            logins: decode_number("logins", self.logins)?,
            alerts: decode_number("alerts", self.alerts)?,
        })
    }
}
