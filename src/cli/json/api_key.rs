//! API keys, without their hashes.

use serde::Serialize;

use crate::{
    callers::CallerEntry,
    domain::{TenantScope, UnixMillis},
};

/// The word `all`, or a list of tenants, because an empty list would read as no tenant.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum TenantScopeJson<'a> {
    All,
    #[serde(untagged)]
    Only(&'a [String]),
}

#[derive(Serialize)]
pub struct ApiKeyJson<'a> {
    name: &'a str,
    role: &'static str,
    tenants: TenantScopeJson<'a>,
    key_id: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    live: bool,
}

impl<'a> ApiKeyJson<'a> {
    /// Returns the entry of a key. `live` states whether the key is valid at `now`.
    pub fn new(entry: &'a CallerEntry, now: UnixMillis) -> Self {
        Self {
            name: &entry.name,
            role: entry.role.name(),
            tenants: match &entry.tenants {
                TenantScope::All => TenantScopeJson::All,
                TenantScope::Only(tenants) => TenantScopeJson::Only(tenants),
            },
            key_id: entry.key_id.to_string(),
            created_at: entry.created_at.to_string(),
            expires_at: entry.expires_at.map(|at| at.to_string()),
            revoked_at: entry.revoked_at.map(|at| at.to_string()),
            live: entry.is_live(now),
        }
    }
}
