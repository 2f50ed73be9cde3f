//! Events of the audit log as files.

use serde_json::json;

use crate::api;

/// A format of files with events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventFileFormat {
    Csv,
    JsonLines,
}

const COLUMNS: [&str; 17] = [
    "event_id",
    "kind",
    "tenant_id",
    "user_id",
    "session_id",
    "occurred_at",
    "recorded_at",
    "end_reason",
    "auth_event_kind",
    "reason",
    "actor",
    "caller",
    "request_id",
    "device",
    "ip",
    "country",
    "city",
];

impl EventFileFormat {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl",
        }
    }

    pub(super) const fn content_disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"events.csv\"",
            Self::JsonLines => "attachment; filename=\"events.jsonl\"",
        }
    }

    /// Returns the text before the events.
    pub(super) fn header(self) -> String {
        match self {
            Self::Csv => format!("{}\r\n", COLUMNS.join(",")),
            Self::JsonLines => String::new(),
        }
    }

    /// Returns an event with the end of its line.
    pub(super) fn format(self, event: &api::AuditEvent) -> String {
        let values = values(event);
        match self {
            Self::Csv => format!("{}\r\n", values.map(|value| csv_cell(&value)).join(",")),
            Self::JsonLines => {
                let fields = COLUMNS.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
                let object: serde_json::Map<_, _> =
                    fields.map(|(name, value)| (name.to_owned(), json!(value))).collect();
                format!("{}\n", serde_json::Value::Object(object))
            }
        }
    }
}

fn values(event: &api::AuditEvent) -> [String; COLUMNS.len()] {
    let name = |name: &str, prefix: &str| {
        let name = name.strip_prefix(prefix).unwrap_or(name);
        if name == "UNSPECIFIED" { String::new() } else { name.to_owned() }
    };
    let time = |at: Option<prost_types::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let location = event.location.clone().unwrap_or_default();
    [
        event.event_id.clone(),
        name(event.kind().as_str_name(), "AUDIT_EVENT_KIND_"),
        event.tenant_id.clone(),
        event.user_id.clone(),
        event.session_id.clone(),
        time(event.occurred_at),
        time(event.recorded_at),
        name(event.end_reason().as_str_name(), "END_REASON_"),
        name(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"),
        event.reason.clone(),
        event.actor.clone(),
        event.caller.clone(),
        event.request_id.clone(),
        event.device.as_ref().map(|device| device.name.clone()).unwrap_or_default(),
        location.ip,
        location.country,
        location.city,
    ]
}

/// Returns a cell (RFC 4180). A text that a spreadsheet would take for a formula begins with an apostrophe.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line_in_either_format() {
        let event = api::AuditEvent {
            event_id: "e".to_owned(),
            kind: api::AuditEventKind::SessionEnded.into(),
            user_id: "=cmd()".to_owned(),
            reason: "a \"b\", c".to_owned(),
            ..api::AuditEvent::default()
        };
        assert_eq!(EventFileFormat::Csv.format(&event), "e,SESSION_ENDED,,'=cmd(),,,,,,\"a \"\"b\"\", c\",,,,,,,\r\n");
        let line = EventFileFormat::JsonLines.format(&event);
        let parsed: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&parsed["user_id"], &parsed["reason"]), (&json!("=cmd()"), &json!("a \"b\", c")));
        assert!(line.ends_with("}\n") && parsed.get("city").is_none());
        assert_eq!(EventFileFormat::Csv.header().split(',').count(), COLUMNS.len());
    }
}
