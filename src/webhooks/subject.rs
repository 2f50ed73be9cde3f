//! The subjects of messages.

use crate::domain::{
    Alert, TenantId, UnixMillis,
    search::AuditEvent,
    webhook::{QueuedMessage, WebhookEndpoint, WebhookEventType},
};

/// The event or the alert that a message is about.
#[derive(Clone, Debug)]
pub enum MessageSubject {
    Event(Box<AuditEvent>),
    Alert(Box<Alert>),
}

impl MessageSubject {
    /// Returns the ID of the message, which is the same in every attempt.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Event(event) => event.id.to_string(),
            Self::Alert(alert) => alert.id.to_string(),
        }
    }

    pub(super) const fn event_type(&self) -> WebhookEventType {
        match self {
            Self::Event(event) => WebhookEventType::from_event(event.kind, event.end_reason),
            Self::Alert(_) => WebhookEventType::AlertRaised,
        }
    }

    /// Returns the time by which the message is found again: that of the event, or of the event that the alert is about.
    pub(super) const fn occurred_at(&self) -> UnixMillis {
        match self {
            Self::Event(event) => event.at,
            Self::Alert(alert) => alert.event_time,
        }
    }

    const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Event(event) => event.tenant.as_ref(),
            Self::Alert(alert) => Some(&alert.tenant),
        }
    }

    /// Removes all IP addresses.
    pub fn remove_ip(&mut self) {
        match self {
            Self::Event(event) => event.location.ip = None,
            Self::Alert(alert) => {
                alert.current.location.ip = None;
                if let Some(previous) = &mut alert.previous {
                    previous.location.ip = None;
                }
            }
        }
    }

    /// Returns whether `endpoint` receives it.
    pub(super) fn is_wanted_by(&self, endpoint: &WebhookEndpoint) -> bool {
        endpoint.wants(self.event_type()) && endpoint.wants_tenant(self.tenant())
    }

    /// Returns the queued message of a first attempt.
    pub(super) fn to_queued(&self, endpoint: &WebhookEndpoint, now: UnixMillis) -> QueuedMessage {
        QueuedMessage {
            endpoint: endpoint.name.clone(),
            id: self.id(),
            event_type: self.event_type().name().to_owned(),
            occurred_at: self.occurred_at(),
            attempts: 0,
            queued_at: now,
            next_attempt_at: Some(now),
            last_status: None,
            last_error: String::new(),
        }
    }
}
