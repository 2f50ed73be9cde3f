//! Callers of the service and their roles.

use super::time::UnixMillis;

/// The role of a caller, which decides its permissions. The contract states the roles of each
/// method; see also [`crate::authority::permissions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerRole {
    /// A login service: creates sessions and reports failures.
    Issuer,
    /// A gateway or service: validates tokens and nothing else.
    Validator,
    /// The back end of a user's own pages: validates, lists, revokes.
    Backend,
    /// Administrators and their tools.
    Admin,
    /// Consumers of the alert stream.
    Alerts,
    /// A metrics scraper.
    Metrics,
}

impl CallerRole {
    pub const ALL: [Self; 6] = [Self::Issuer, Self::Validator, Self::Backend, Self::Admin, Self::Alerts, Self::Metrics];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Validator => "validator",
            Self::Backend => "backend",
            Self::Admin => "admin",
            Self::Alerts => "alerts",
            Self::Metrics => "metrics",
        }
    }
}

/// The tenants whose sessions a caller may access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantScope {
    All,
    Only(Vec<String>),
}

impl TenantScope {
    #[must_use]
    pub fn allows(&self, tenant: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(tenants) => tenants.iter().any(|allowed| allowed == tenant),
        }
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name under which the caller is listed. It is recorded in the audit.
    pub name: String,
    /// `None` stands for every role, which a development server grants to any client that reaches it.
    pub role: Option<CallerRole>,
    pub tenants: TenantScope,
}

impl Caller {
    /// Returns the caller of a server without authentication.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { name: "anonymous".to_owned(), role: None, tenants: TenantScope::All }
    }
}

/// The last use of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialUse {
    /// The public ID of the credential: the ID of an API key, or a SPIFFE ID.
    pub credential: String,
    /// The name of the caller.
    pub caller: String,
    /// The time, rounded down to the hour.
    pub last_used_at: UnixMillis,
}
