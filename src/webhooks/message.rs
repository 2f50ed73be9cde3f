//! Messages and their encoding.

use std::sync::Arc;

use super::json_message;
use crate::domain::{
    Alert, TenantId, UnixMillis,
    search::AuditEvent,
    webhook::{QueuedMessage, WebhookEndpoint, WebhookEventType, WebhookFormat},
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

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EncodedMessage {
    pub content_type: &'static str,
    pub body: String,
}

/// Encodes messages in the format of an endpoint.
#[derive(Clone, Default)]
pub struct MessageEncoder {
    /// Encodes messages for `ocsf`.
    pub ocsf: Option<Arc<dyn SubjectEncoder>>,
}

/// Encodes an event or an alert in a format that another part of the program defines.
pub trait SubjectEncoder: Send + Sync {
    fn encode(&self, subject: &MessageSubject, endpoint: &WebhookEndpoint) -> String;
}

impl MessageEncoder {
    /// Returns the message, or `None` if the format has none for it.
    pub(super) fn encode(&self, subject: &MessageSubject, endpoint: &WebhookEndpoint) -> Option<EncodedMessage> {
        let json = |body| Some(EncodedMessage { content_type: "application/json", body });
        match endpoint.format {
            WebhookFormat::Json => json(json_message::encode(subject, endpoint)),
            WebhookFormat::Ocsf => json(self.ocsf.as_ref()?.encode(subject, endpoint)),
            WebhookFormat::CaepSet => None,
        }
    }

    /// Returns a message that tests an endpoint.
    pub(super) fn encode_test(endpoint: &WebhookEndpoint, id: &str, now: UnixMillis) -> EncodedMessage {
        EncodedMessage { content_type: "application/json", body: json_message::encode_test(endpoint, id, now) }
    }
}
