//! Events of the audit log (<https://schema.ocsf.io/1.8.0/classes/authentication>).
//!
//! Every event belongs to the class Authentication. A created session is a Logon, an ended one a Logoff, a failed
//! sign-in a failed Logon, and every other event an activity of its own. Fields without an attribute in the class are
//! in `unmapped`, under their names in the contract.

use serde_json::{Value, json};

use super::{
    auth_factors, endpoint,
    value::{PRODUCT, VERSION, time, without_empty},
};
use crate::api::{AlertVerdict, AuditEvent, AuditEventKind, EndReason, enum_label};

/// Numbers of the class and of its category, Identity & Access Management.
const CLASS: u32 = 3002;
const CATEGORY: u32 = 3;

/// Values of `activity_id`.
const LOGON: u32 = 1;
const LOGOFF: u32 = 2;
const OTHER: u32 = 99;

/// Returns `event` as an object of the class.
pub fn authentication(event: &AuditEvent) -> Value {
    let kind = enum_label(event.kind().as_str_name(), "AUDIT_EVENT_KIND_");
    let (activity, activity_name) = match event.kind() {
        AuditEventKind::SessionCreated | AuditEventKind::AuthFailed => (LOGON, "Logon"),
        AuditEventKind::SessionEnded => (LOGOFF, "Logoff"),
        _ => (OTHER, kind.as_str()),
    };
    let (severity, severity_name) = severity(event);
    let (status, status_name) = match event.kind() {
        AuditEventKind::AuthFailed | AuditEventKind::CallRefused => (2, "Failure"),
        _ => (1, "Success"),
    };
    let is_attempt = activity != OTHER;
    without_empty(json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Identity & Access Management",
        "class_uid": CLASS,
        "class_name": "Authentication",
        "type_uid": CLASS * 100 + activity,
        "type_name": format!("Authentication: {}", if is_attempt { activity_name } else { "Other" }),
        "severity_id": severity,
        "severity": severity_name,
        "status_id": status,
        "status": status_name,
        "status_code": status_code(event),
        "status_detail": event.reason,
        "time": time(event.occurred_at),
        "message": message(event, &kind),
        "metadata": metadata(event),
        "user": user(event),
        "actor": actor(event),
        "session": session(event),
        "service": { "name": PRODUCT },
        "src_endpoint": endpoint::network_endpoint(event.location.as_ref()),
        "device": endpoint::device(event.device.as_ref(), event.location.as_ref()),
        "http_request": { "user_agent": event.device.as_ref().map(|device| &device.user_agent) },
        "is_remote": is_attempt.then_some(true),
        "is_mfa": is_attempt.then(|| auth_factors::is_mfa(&event.auth_methods)).flatten(),
        "is_new_logon": (event.kind() == AuditEventKind::SessionCreated)
            .then(|| event.device.as_ref().map(|device| device.first_seen))
            .flatten(),
        "auth_factors": auth_factors::auth_factors(&event.auth_methods),
        "unmapped": unmapped(event),
    }))
}

/// Returns Informational, unless somebody may want to act. A refusal is of low severity. A theft is of medium severity,
/// because the session has already ended. A sign-in that was not the user's is of high severity.
fn severity(event: &AuditEvent) -> (u32, &'static str) {
    match (event.kind(), event.end_reason()) {
        (_, EndReason::TokenReused | EndReason::HijackSuspected) => (3, "Medium"),
        (AuditEventKind::AlertAcknowledged, _) if event.alert_verdict() == AlertVerdict::WasNotMe => (4, "High"),
        (AuditEventKind::AuthFailed | AuditEventKind::CallRefused, _) => (2, "Low"),
        _ => (1, "Informational"),
    }
}

/// Returns the reason, by its name in the contract.
fn status_code(event: &AuditEvent) -> Option<&'static str> {
    match event.kind() {
        AuditEventKind::SessionEnded => Some(event.end_reason().as_str_name()),
        AuditEventKind::AuthFailed => Some(event.auth_event_kind().as_str_name()),
        AuditEventKind::AlertAcknowledged => Some(event.alert_verdict().as_str_name()),
        _ => None,
    }
}

fn message(event: &AuditEvent, kind: &str) -> String {
    match event.kind() {
        AuditEventKind::SessionEnded => {
            format!("{kind}: {}", enum_label(event.end_reason().as_str_name(), "END_REASON_"))
        }
        AuditEventKind::AuthFailed => {
            format!("{kind}: {}", enum_label(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"))
        }
        _ => kind.to_owned(),
    }
}

fn metadata(event: &AuditEvent) -> Value {
    json!({
        "version": VERSION,
        // The profile that defines `device`.
        "profiles": ["host"],
        "product": { "name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION") },
        "uid": event.event_id,
        "event_code": event.kind().as_str_name(),
        "log_name": "audit",
        "logged_time": time(event.recorded_at),
        "tenant_uid": event.tenant_id,
        "correlation_uid": event.request_id,
    })
}

/// Returns the user, which the class requires. It is Unknown if the event has no user, or if the user was erased.
fn user(event: &AuditEvent) -> Value {
    if event.user_id.is_empty() {
        return json!({ "name": "Unknown", "type_id": 0, "type": "Unknown" });
    }
    json!({ "uid": event.user_id, "type_id": 1, "type": "User" })
}

/// Returns the actor on whose behalf the caller acted, and the caller.
fn actor(event: &AuditEvent) -> Value {
    json!({ "user": { "uid": event.actor }, "app_name": event.caller })
}

fn session(event: &AuditEvent) -> Option<Value> {
    if event.session_id.is_empty() {
        return None;
    }
    let started = (event.kind() == AuditEventKind::SessionCreated).then(|| time(event.occurred_at)).flatten();
    let is_expired = matches!(event.end_reason(), EndReason::IdleTimeout | EndReason::Expired);
    Some(json!({
        "uid": event.session_id,
        "created_time": started,
        "expiration_time": is_expired.then(|| time(event.occurred_at)).flatten(),
        "expiration_reason": is_expired.then(|| enum_label(event.end_reason().as_str_name(), "END_REASON_")),
        "is_remote": true,
    }))
}

fn unmapped(event: &AuditEvent) -> Value {
    let set = |number: u64| (number > 0).then_some(number);
    json!({
        "policy": event.policy,
        "auth_methods": event.auth_methods,
        "assurance_level": set(event.assurance_level.into()),
        "revision": set(event.revision),
        "changed_fields": event.changed_fields,
        "operation_id": event.operation_id,
        "denied_tokens": event.denied_tokens,
        "alert_id": event.alert_id,
        "webhook": event.webhook,
        "webhook_action": event.webhook_action,
        "browser": event.device.as_ref().map(|device| &device.browser),
        "accuracy_radius_km": event.location.as_ref().and_then(|place| set(place.accuracy_radius_km.into())),
    })
}
