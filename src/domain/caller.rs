//! Who calls the service.

/// What a caller is there for, and so what it may do. The table of methods against roles is in
/// [`crate::authority::permissions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerRole {
    /// A login service: makes sessions and reports failures.
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

/// The tenants whose sessions a caller may touch.
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
    /// The name it is listed under; goes into the audit.
    pub name: String,
    /// `None`: every role, as a development server grants to whoever reaches it.
    pub role: Option<CallerRole>,
    pub tenants: TenantScope,
}

impl Caller {
    /// The caller of a server that authenticates nobody.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { name: "anonymous".to_owned(), role: None, tenants: TenantScope::All }
    }
}
