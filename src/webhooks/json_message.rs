//! Messages of the format `json`, as `docs/webhook.schema.json` describes them.
//!
//! They are thin: they name what happened, and receivers ask this service for more. A message has less than 20 KB.

use serde_json::{Map, Value, json};

use super::subject::MessageSubject;
use crate::domain::{
    Alert, Location, TenantId, UnixMillis, UserId,
    limits::truncate_text,
    search::AuditEvent,
    webhook::{WebhookEndpoint, WebhookEventType},
};

/// Maximum length of a text in a message, in bytes.
const TEXT_BYTES: usize = 1024;
/// Maximum number of entries of a list in a message.
const LIST_ENTRIES: usize = 32;

/// Returns the message about an event or an alert.
pub(super) fn encode(subject: &MessageSubject, endpoint: &WebhookEndpoint) -> String {
    let data = match subject {
        MessageSubject::Event(event) => event_data(event, endpoint.include_ip),
        MessageSubject::Alert(alert) => alert_data(alert, endpoint.include_ip),
    };
    envelope(subject.event_type().name(), subject.occurred_at(), data)
}

/// Returns a message that tests an endpoint.
pub(super) fn encode_test(endpoint: &WebhookEndpoint, id: &str, now: UnixMillis) -> String {
    let mut data = MessageData::default();
    data.add("event_id", id);
    data.add("webhook", endpoint.name.as_str());
    envelope(WebhookEventType::TEST, now, data)
}

fn envelope(event_type: &str, at: UnixMillis, MessageData(data): MessageData) -> String {
    json!({ "type": event_type, "timestamp": at.to_string(), "data": data }).to_string()
}

/// The fields of a message. Empty ones are left out.
#[derive(Default)]
struct MessageData(Map<String, Value>);

impl MessageData {
    fn add(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), truncate_text(text, TEXT_BYTES).into());
        }
    }

    fn add_list(&mut self, name: &str, entries: &[String]) {
        if !entries.is_empty() {
            let entries = entries.iter().take(LIST_ENTRIES).map(|entry| truncate_text(entry, 128));
            self.0.insert(name.to_owned(), entries.collect());
        }
    }

    fn add_location(&mut self, location: &Location, includes_ip: bool) {
        self.add("country", &location.country);
        if let Some(ip) = location.ip.filter(|_| includes_ip) {
            self.add("ip", &ip.to_string());
        }
    }
}

fn event_data(event: &AuditEvent, includes_ip: bool) -> MessageData {
    let mut data = MessageData::default();
    data.add("event_id", &event.id.to_string());
    data.add("tenant_id", event.tenant.as_ref().map_or("", TenantId::as_str));
    data.add("user_id", event.user.as_ref().map_or("", UserId::as_str));
    data.add("session_id", &event.session.map(|id| id.to_string()).unwrap_or_default());
    data.add("device_id", &event.device.id);
    data.add_location(&event.location, includes_ip);
    data.add("end_reason", event.end_reason.map_or("", |reason| reason.name()));
    data.add("failure", event.auth_event_kind.map_or("", |kind| kind.name()));
    data.add_list("auth_methods", &event.auth_methods);
    data.add_list("changed_fields", &event.cause.changed_fields);
    data.add_list("denied_tokens", &event.denied_jwts);
    if let Some(acknowledged) = event.acknowledged {
        data.add("alert_id", &acknowledged.alert.to_string());
        data.add("verdict", acknowledged.verdict.name());
    }
    if let Some(change) = &event.webhook {
        data.add("webhook", change.name.as_str());
        data.add("action", change.action.name());
    }
    data.add("reason", &event.cause.reason);
    data.add("actor", &event.cause.actor);
    data.add("caller", &event.cause.caller);
    data
}

fn alert_data(alert: &Alert, includes_ip: bool) -> MessageData {
    let mut data = MessageData::default();
    data.add("alert_id", &alert.id.to_string());
    data.add("event_id", &alert.event.map(|event| event.to_string()).unwrap_or_default());
    data.add("rule", &alert.rule);
    data.add("severity", alert.severity.name());
    data.add("tenant_id", alert.tenant.as_str());
    data.add("user_id", alert.user.as_ref().map_or("", UserId::as_str));
    data.add("session_id", &alert.session.map(|id| id.to_string()).unwrap_or_default());
    data.add("device_id", &alert.device_id);
    data.add_location(&alert.current.location, includes_ip);
    data.add("reason", &alert.reason_admin);
    data.add("action_taken", alert.action_taken.name());
    data.add("action_recommended", alert.action_recommended.name());
    data.add_list("mitre_techniques", &alert.mitre_techniques);
    data.0.insert("audit_only".to_owned(), alert.audit_only.into());
    data.0.insert("detected_at".to_owned(), alert.detected_time.to_string().into());
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_message_has_less_than_20_kb() {
        // Each backslash becomes two. No event has two long lists.
        let text = "\\".repeat(2 * TEXT_BYTES);
        let mut data = MessageData::default();
        for field in ["tenant_id", "user_id", "device_id", "reason"] {
            data.add(field, &text);
        }
        data.add_list("denied_tokens", &vec![text; 500]);
        let encoded = envelope("tokens.denied", UnixMillis::new(0), data);
        assert!(encoded.len() < 20_000, "{}", encoded.len());
    }

    #[test]
    fn empty_fields_are_left_out() {
        let mut data = MessageData::default();
        data.add("reason", "");
        data.add_list("auth_methods", &[]);
        data.add_location(&Location::default(), true);
        assert!(data.0.is_empty());
    }
}
