use super::WebhookName;
use crate::domain::{cause::Cause, event::EventId, time::UnixMillis};

/// A change of an endpoint or of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebhookAction {
    Added,
    Updated,
    Removed,
    Enabled,
    /// The service stopped sending, because the endpoint asked for it.
    Disabled,
    Replayed,
}

impl WebhookAction {
    pub const ALL: [Self; 6] =
        [Self::Added, Self::Updated, Self::Removed, Self::Enabled, Self::Disabled, Self::Replayed];

    /// Returns the name used in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Replayed => "replayed",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// An endpoint and the action on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChange {
    pub name: WebhookName,
    pub action: WebhookAction,
}

/// The audit event of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChangeEvent {
    pub id: EventId,
    pub at: UnixMillis,
    pub change: WebhookChange,
    pub cause: Cause,
}
