//! API keys, without what they are recognised by.

use serde::Serialize;

use crate::{
    callers::CallerEntry,
    domain::{TenantScope, UnixMillis},
};

use super::scalar::{as_text, as_text_if_set};

/// The word `all`, or a list: an empty list would read as none.
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
    /// `live`: whether the key opens anything at `now`.
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
