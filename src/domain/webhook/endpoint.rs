use super::{WebhookEventType, WebhookName, WebhookSecret, WebhookUrl};
use crate::domain::{
    id::TenantId,
    search::{AuditEventKind, TenantFilter},
};

/// The form of the messages to an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WebhookFormat {
    /// JSON of this service, by Standard Webhooks 1.0.0.
    #[default]
    Json,
    /// Security event tokens (RFC 8417) of CAEP 1.0, pushed by RFC 8935.
    CaepSet,
    /// Events of OCSF 1.8.0, signed as those of `Json`.
    Ocsf,
}

impl WebhookFormat {
    pub const ALL: [Self; 3] = [Self::Json, Self::CaepSet, Self::Ocsf];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::CaepSet => "caep-set",
            Self::Ocsf => "ocsf",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// An endpoint and its choice of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub name: WebhookName,
    pub url: WebhookUrl,
    pub format: WebhookFormat,
    /// The types that are sent; empty for all.
    pub event_types: Vec<WebhookEventType>,
    /// The tenants whose events are sent; empty for all.
    pub tenants: Vec<TenantId>,
    /// Permits addresses that are not public.
    pub allow_private_addresses: bool,
    /// Includes IP addresses in messages.
    pub include_ip: bool,
    /// The claim `aud` of security event tokens; empty for the origin of the URL.
    pub audience: String,
}

/// An endpoint of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredEndpoint {
    pub endpoint: WebhookEndpoint,
    /// The secrets that sign its messages, at least one.
    pub secrets: Vec<WebhookSecret>,
}

impl WebhookEndpoint {
    #[must_use]
    pub fn wants(&self, event_type: WebhookEventType) -> bool {
        self.event_types.is_empty() || self.event_types.contains(&event_type)
    }

    /// Returns whether the endpoint receives messages about `tenant`. What concerns every tenant is sent only if the
    /// endpoint is not limited to some.
    #[must_use]
    pub fn wants_tenant(&self, tenant: Option<&TenantId>) -> bool {
        self.tenants.is_empty() || tenant.is_some_and(|tenant| self.tenants.contains(tenant))
    }

    #[must_use]
    pub fn tenant_filter(&self) -> TenantFilter {
        (!self.tenants.is_empty()).then(|| self.tenants.clone())
    }

    /// Returns the kinds of events that are sent, or `None` if only alerts are.
    #[must_use]
    pub fn event_kinds(&self) -> Option<Vec<AuditEventKind>> {
        let kinds = AuditEventKind::ALL.into_iter().filter(|kind| {
            WebhookEventType::ALL.into_iter().any(|own| own.event_kind() == Some(*kind) && self.wants(own))
        });
        Some(kinds.collect::<Vec<_>>()).filter(|kinds| !kinds.is_empty())
    }
}
