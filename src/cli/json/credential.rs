//! Credentials of callers, without the hashes of API keys.

use serde::Serialize;

use crate::{
    callers::{CallerEntry, CredentialId},
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
pub struct CredentialJson<'a> {
    name: &'a str,
    role: &'static str,
    tenants: TenantScopeJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spiffe_id: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    live: bool,
}

impl<'a> CredentialJson<'a> {
    /// Returns the entry of a credential. `live` states whether it is valid at `now`.
    pub fn new(entry: &'a CallerEntry, now: UnixMillis) -> Self {
        let (key_id, spiffe_id) = match entry.credential.id() {
            CredentialId::Key(id) => (Some(id.to_string()), None),
            CredentialId::Certificate(id) => (None, Some(id.to_string())),
        };
        Self {
            name: &entry.name,
            role: entry.role.name(),
            tenants: match &entry.tenants {
                TenantScope::All => TenantScopeJson::All,
                TenantScope::Only(tenants) => TenantScopeJson::Only(tenants),
            },
            key_id,
            spiffe_id,
            created_at: entry.created_at.to_string(),
            expires_at: entry.expires_at.map(|at| at.to_string()),
            revoked_at: entry.revoked_at.map(|at| at.to_string()),
            live: entry.is_live(now),
        }
    }
}
