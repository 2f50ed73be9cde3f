//! Messages of the format `caep-set`: security event tokens (RFC 8417) with events of CAEP 1.0.

use serde_json::{Map, Value, json};

use super::{encoded_message::EncodedMessage, files::WebhookFiles, subject::MessageSubject};
use crate::{
    certificates::CertificateError,
    domain::{
        Alert, EndReason, TenantId, UnixMillis, UserId,
        alert::Severity,
        id::SessionId,
        search::AuditEvent,
        webhook::{WebhookEndpoint, WebhookEventType},
    },
};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
/// The event of a test (Shared Signals Framework 1.0 §8.1.4).
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const TOKEN_TYPE: &str = "secevent+jwt";
const CONTENT_TYPE: &str = "application/secevent+jwt";

/// Encodes messages as signed security event tokens.
#[derive(Clone)]
pub struct SetEncoder {
    /// The claim `iss`.
    pub issuer: String,
    /// The files with the key.
    pub files: WebhookFiles,
}

impl SetEncoder {
    /// Returns the message, or `None` if CAEP has no event for it.
    pub(super) fn encode(
        &self,
        subject: &MessageSubject,
        endpoint: &WebhookEndpoint,
        now: UnixMillis,
    ) -> Option<Result<EncodedMessage, CertificateError>> {
        let (event_type, claims, sub_id) = match subject {
            MessageSubject::Event(event) => self.session_event(event)?,
            MessageSubject::Alert(alert) => self.risk_level_change(alert)?,
        };
        let events = json!({ format!("{CAEP}{event_type}"): claims });
        Some(self.sign(&subject.id(), endpoint, now, &sub_id, &events))
    }

    /// Returns a message that tests an endpoint.
    pub(super) fn encode_test(
        &self,
        endpoint: &WebhookEndpoint,
        id: &str,
        now: UnixMillis,
    ) -> Result<EncodedMessage, CertificateError> {
        let sub_id = json!({ "format": "opaque", "id": endpoint.name.as_str() });
        self.sign(id, endpoint, now, &sub_id, &json!({ VERIFICATION: { "state": id } }))
    }

    fn sign(
        &self,
        id: &str,
        endpoint: &WebhookEndpoint,
        now: UnixMillis,
        sub_id: &Value,
        events: &Value,
    ) -> Result<EncodedMessage, CertificateError> {
        let audience = if endpoint.audience.is_empty() { endpoint.url.to_string() } else { endpoint.audience.clone() };
        let claims = json!({
            "iss": self.issuer,
            "jti": id,
            "iat": now.get() / 1000,
            "aud": audience,
            "sub_id": sub_id,
            "events": events,
        });
        let signer = self.files.signer().ok_or(CertificateError::NoKey)?;
        let body = signer.sign(TOKEN_TYPE, &claims)?;
        Ok(EncodedMessage { content_type: CONTENT_TYPE, body })
    }

    fn session_event(&self, event: &AuditEvent) -> Option<(&'static str, Value, Value)> {
        let sub_id = self.subject(event.session, event.user.as_ref(), event.tenant.as_ref());
        let at = event.at.get() / 1000;
        match WebhookEventType::from_event(event.kind, event.end_reason) {
            WebhookEventType::SessionRevoked | WebhookEventType::SessionExpired => {
                let end_reason = event.end_reason.map_or("ended", EndReason::name);
                let reason = if event.cause.reason.is_empty() {
                    format!("The session ended: {}.", end_reason.replace('_', " "))
                } else {
                    format!("The session ended: {}. {}", end_reason.replace('_', " "), event.cause.reason)
                };
                let claims = json!({
                    "event_timestamp": at,
                    "initiating_entity": initiating_entity(event),
                    "reason_admin": { "en": reason },
                });
                Some(("session-revoked", claims, sub_id))
            }
            WebhookEventType::SessionCreated => {
                let mut claims = json!({ "event_timestamp": at, "initiating_entity": "user" });
                if !event.auth_methods.is_empty() {
                    claims["amr"] = event.auth_methods.clone().into();
                }
                if event.assurance_level > 0 {
                    claims["acr"] = event.assurance_level.to_string().into();
                }
                Some(("session-established", claims, sub_id))
            }
            _ => None,
        }
    }

    fn risk_level_change(&self, alert: &Alert) -> Option<(&'static str, Value, Value)> {
        let level = match alert.severity {
            Severity::Info => return None,
            Severity::Low => "LOW",
            Severity::Medium => "MEDIUM",
            Severity::High | Severity::Critical => "HIGH",
        };
        let principal = match (alert.session, &alert.user) {
            (Some(_), _) => "SESSION",
            (None, Some(_)) => "USER",
            (None, None) => "TENANT",
        };
        let claims = json!({
            "event_timestamp": alert.event_time.get() / 1000,
            "initiating_entity": "system",
            "current_level": level,
            "principal": principal,
            "risk_reason": alert.rule,
            "reason_admin": { "en": if alert.reason_admin.is_empty() { &alert.rule } else { &alert.reason_admin } },
        });
        Some(("risk-level-change", claims, self.subject(alert.session, alert.user.as_ref(), Some(&alert.tenant))))
    }

    /// Returns a complex subject (RFC 9493 §3.3) with the parts that are known.
    fn subject(&self, session: Option<SessionId>, user: Option<&UserId>, tenant: Option<&TenantId>) -> Value {
        let mut subject = Map::from_iter([("format".to_owned(), "complex".into())]);
        if let Some(session) = session {
            subject.insert("session".to_owned(), json!({ "format": "opaque", "id": session.to_string() }));
        }
        if let Some(user) = user {
            let user = json!({ "format": "iss_sub", "iss": self.issuer, "sub": user.as_str() });
            subject.insert("user".to_owned(), user);
        }
        if let Some(tenant) = tenant {
            subject.insert("tenant".to_owned(), json!({ "format": "opaque", "id": tenant.as_str() }));
        }
        Value::Object(subject)
    }
}

/// Returns who ended a session: a revocation by its own user counts as that of the user.
fn initiating_entity(event: &AuditEvent) -> &'static str {
    let by_user = event.user.as_ref().is_some_and(|user| user.as_str() == event.cause.actor);
    match event.end_reason {
        Some(EndReason::SignedOut) => "user",
        Some(EndReason::Revoked | EndReason::RevokedAll) if by_user => "user",
        Some(EndReason::Revoked | EndReason::RevokedAll) => "admin",
        Some(EndReason::TokenReused | EndReason::HijackSuspected) => "system",
        Some(EndReason::Evicted | EndReason::Replaced | EndReason::IdleTimeout | EndReason::Expired) | None => "policy",
    }
}
