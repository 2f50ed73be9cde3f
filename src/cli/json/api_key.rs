//! API keys, without their hashes.

use serde::Serialize;

use crate::{
    callers::CallerEntry,
    domain::{TenantScope, UnixMillis},
};

use super::scalar::{as_text, as_text_if_set};

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
    #[serde(serialize_with = "as_text")]
    created_at: UnixMillis,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixMillis>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    revoked_at: Option<UnixMillis>,
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
            created_at: entry.created_at,
            expires_at: entry.expires_at,
            revoked_at: entry.revoked_at,
            live: entry.is_live(now),
        }
    }
}
