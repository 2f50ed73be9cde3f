//! An entry of the list of callers.

use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::domain::{Caller, CallerRole, TenantId, TenantScope, UnixMillis};

use super::credential::CallerCredential;

/// A credential and the caller that holds it. A caller may have several credentials, all with the same role and
/// tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerEntry {
    /// The caller's name, 1 to 64 bytes without control characters. It is recorded in the audit.
    pub name: String,
    pub role: CallerRole,
    pub tenants: TenantScope,
    pub credential: CallerCredential,
    pub created_at: UnixMillis,
    /// `None` if the credential never expires.
    pub expires_at: Option<UnixMillis>,
    pub revoked_at: Option<UnixMillis>,
}

/// Maximum length of a caller's name, in bytes.
const NAME_BYTES: usize = 64;
/// Stands for every tenant.
const ALL_TENANTS: &str = "*";

impl CallerEntry {
    /// Parses one entry of `[[callers.list]]`. The error names the field and describes the problem.
    pub fn from_table(table: Table) -> Result<Self, String> {
        let row: CallerRow = table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        row.try_into()
    }

    /// Returns whether the credential is active at `now`: neither revoked nor expired.
    #[must_use]
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    pub(super) fn caller(&self) -> Caller {
        Caller { name: self.name.clone(), role: Some(self.role), tenants: self.tenants.clone() }
    }
}

/// An entry in its written form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallerRow {
    name: String,
    role: CallerRole,
    /// An empty list, or `*` alone, stands for every tenant.
    #[serde(default)]
    tenants: Vec<String>,
    /// An API key: its ID and its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_hash: Option<String>,
    /// Client certificates with this identity, instead of an API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spiffe_id: Option<String>,
    created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl From<&CallerEntry> for CallerRow {
    fn from(entry: &CallerEntry) -> Self {
        let (key_id, key_hash, spiffe_id) = match &entry.credential {
            CallerCredential::Key { id, hash } => (Some(id.to_string()), Some(hash.to_base64()), None),
            CallerCredential::Certificate(id) => (None, None, Some(id.to_string())),
        };
        Self {
            name: entry.name.clone(),
            role: entry.role,
            tenants: match &entry.tenants {
                TenantScope::All => vec![ALL_TENANTS.to_owned()],
                TenantScope::Only(tenants) => tenants.clone(),
            },
            key_id,
            key_hash,
            spiffe_id,
            created_at: entry.created_at.to_string(),
            expires_at: entry.expires_at.map(|at| at.to_string()),
            revoked_at: entry.revoked_at.map(|at| at.to_string()),
        }
    }
}

impl TryFrom<CallerRow> for CallerEntry {
    type Error = String;

    fn try_from(row: CallerRow) -> Result<Self, Self::Error> {
        let credential = parse_credential(row.key_id, row.key_hash, row.spiffe_id)?;
        Ok(Self {
            name: validate_name(row.name)?,
            role: row.role,
            tenants: parse_tenants(row.tenants)?,
            credential,
            created_at: parse_time("created_at", &row.created_at)?,
            expires_at: row.expires_at.map(|at| parse_time("expires_at", &at)).transpose()?,
            revoked_at: row.revoked_at.map(|at| parse_time("revoked_at", &at)).transpose()?,
        })
    }
}

fn parse_credential(
    key_id: Option<String>,
    key_hash: Option<String>,
    spiffe_id: Option<String>,
) -> Result<CallerCredential, String> {
    match (key_id, key_hash, spiffe_id) {
        (Some(id), Some(hash), None) => Ok(CallerCredential::Key {
            id: id.parse().map_err(|error| format!("`key_id` {error}"))?,
            hash: hash.parse().map_err(|error| format!("`key_hash` {error}"))?,
        }),
        (None, None, Some(id)) => {
            Ok(CallerCredential::Certificate(id.parse().map_err(|error| format!("`spiffe_id` {error}"))?))
        }
        _ => Err("requires either `key_id` and `key_hash`, or `spiffe_id`".to_owned()),
    }
}

/// Returns the name of a caller if it is suitable for logs and the audit.
pub(super) fn validate_name(name: String) -> Result<String, String> {
    if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
        return Err(format!("`name` must be 1 to {NAME_BYTES} bytes without control characters"));
    }
    Ok(name)
}

/// Returns the scope of the listed tenants. An empty list stands for every tenant, and so does `*`, which must be
/// alone.
pub(super) fn parse_tenants(tenants: Vec<String>) -> Result<TenantScope, String> {
    if tenants.is_empty() || tenants == [ALL_TENANTS] {
        return Ok(TenantScope::All);
    }
    for tenant in &tenants {
        if tenant == ALL_TENANTS {
            return Err("`tenants` must not combine `*` (all tenants) with names".to_owned());
        }
        if tenant.is_empty() {
            return Err(format!("`tenants` has an empty name; the default tenant is `{}`", TenantId::DEFAULT));
        }
        TenantId::new(tenant).map_err(|violation| format!("`tenants` has a name that {}", violation.description))?;
    }
    Ok(TenantScope::Only(tenants))
}

fn parse_time(field: &str, text: &str) -> Result<UnixMillis, String> {
    let wrong = || format!("`{field}` is not an RFC 3339 timestamp such as \"2026-01-31T12:00:00Z\"");
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    let millis = moment.unix_timestamp_nanos() / 1_000_000;
    u64::try_from(millis).map(UnixMillis::new).map_err(|_| wrong())
}
