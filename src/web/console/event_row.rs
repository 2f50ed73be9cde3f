//! An event of the audit log in a list.

use crate::{
    api,
    domain::UnixMillis,
    web::{account::place, language::Language, link, page_time::PageTime, untrusted::UntrustedText},
};

use super::{
    enum_label,
    session_row::{short_id, user_address},
};

/// An event in a list.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub at: PageTime,
    pub kind: String,
    /// The reason of the end, or the kind of failure; empty for other events.
    pub detail: String,
    pub tenant: UntrustedText,
    pub user: UntrustedText,
    pub user_address: String,
    pub session_id: String,
    pub session_address: String,
    pub device: UntrustedText,
    pub place: UntrustedText,
    pub reason: UntrustedText,
    pub actor: UntrustedText,
    pub caller: UntrustedText,
}

impl EventRow {
    #[must_use]
    pub fn new(event: &api::AuditEvent, now: UnixMillis) -> Self {
        let detail = match event.kind() {
            api::AuditEventKind::SessionEnded => enum_label(event.end_reason().as_str_name(), "END_REASON_"),
            api::AuditEventKind::AuthFailed => enum_label(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"),
            api::AuditEventKind::SessionUpdated => event.changed_fields.join(", "),
            _ => String::new(),
        };
        let session_address = if event.session_id.is_empty() {
            String::new()
        } else {
            link("/console/session", &[("id", &event.session_id)])
        };
        Self {
            at: PageTime::new(event.occurred_at, now, Language::English),
            kind: enum_label(event.kind().as_str_name(), "AUDIT_EVENT_KIND_"),
            detail,
            tenant: event.tenant_id.as_str().into(),
            user: event.user_id.as_str().into(),
            user_address: user_address(&event.tenant_id, &event.user_id),
            session_id: event.session_id.clone(),
            session_address,
            device: event.device.as_ref().map(|device| device.name.clone()).unwrap_or_default().into(),
            place: place(event.location.as_ref()).into(),
            reason: event.reason.as_str().into(),
            actor: event.actor.as_str().into(),
            caller: event.caller.as_str().into(),
        }
    }

    /// Returns the end of the ID of the session.
    #[must_use]
    pub fn short_id(&self) -> String {
        short_id(&self.session_id)
    }
}
