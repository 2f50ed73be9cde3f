//! Messages and their encoding.

use std::sync::Arc;

use super::{json_message, set_message::SetEncoder};
use crate::domain::{
    Alert, TenantId, UnixMillis,
    search::AuditEvent,
    webhook::{QueuedMessage, WebhookEndpoint, WebhookEventType, WebhookFormat},
};

const JSON: &str = "application/json";

/// The error of a message that this node cannot sign.
const NO_KEY: &str = "this node has no key for security event tokens; set `webhooks.set_key_file`";

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

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EncodedMessage {
    pub content_type: &'static str,
    pub body: String,
}

/// Encodes messages in the format of an endpoint.
#[derive(Clone)]
pub struct MessageEncoder {
    /// Encodes messages for `ocsf`.
    pub ocsf: Arc<dyn SubjectEncoder>,
    /// Encodes messages for `caep-set`. `None`: the installation has no key for them, and there is no such endpoint.
    pub sets: Option<SetEncoder>,
}

/// Encodes an event or an alert in a format that another part of the program defines.
pub trait SubjectEncoder: Send + Sync {
    fn encode(&self, subject: &MessageSubject, endpoint: &WebhookEndpoint) -> String;
}

impl MessageEncoder {
    /// Returns the message, or `None` if the format has none for it. Fails if it cannot be signed.
    pub(super) fn encode(
        &self,
        subject: &MessageSubject,
        endpoint: &WebhookEndpoint,
        now: UnixMillis,
    ) -> Option<Result<EncodedMessage, String>> {
        let json = |body| Some(Ok(EncodedMessage { content_type: JSON, body }));
        match endpoint.format {
            WebhookFormat::Json => json(json_message::encode(subject, endpoint)),
            WebhookFormat::Ocsf => json(self.ocsf.encode(subject, endpoint)),
            WebhookFormat::CaepSet => match &self.sets {
                Some(sets) => Some(sets.encode(subject, endpoint, now)?.map_err(|error| error.to_string())),
                None => Some(Err(NO_KEY.to_owned())),
            },
        }
    }

    /// Returns a message that tests an endpoint. Fails if it cannot be signed.
    pub(super) fn encode_test(
        &self,
        endpoint: &WebhookEndpoint,
        id: &str,
        now: UnixMillis,
    ) -> Result<EncodedMessage, String> {
        match (endpoint.format, &self.sets) {
            (WebhookFormat::CaepSet, None) => Err(NO_KEY.to_owned()),
            (WebhookFormat::CaepSet, Some(sets)) => {
                sets.encode_test(endpoint, id, now).map_err(|error| error.to_string())
            }
            (WebhookFormat::Json | WebhookFormat::Ocsf, _) => {
                Ok(EncodedMessage { content_type: JSON, body: json_message::encode_test(endpoint, id, now) })
            }
        }
    }
}
