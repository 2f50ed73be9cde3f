//! Conversion of audit events into messages.

use crate::{
    api,
    domain::{
        AuthEventKind, Device,
        search::{AuditEvent, AuditEventKind},
    },
    transport::grpc::{alert::alert_verdict, response},
};

pub(crate) fn event(event: AuditEvent) -> api::AuditEvent {
    let AuditEvent { cause, device, location, .. } = event;
    api::AuditEvent {
        event_id: event.id.to_string(),
        kind: kind(event.kind).into(),
        tenant_id: event.tenant.map(|tenant| tenant.as_str().to_owned()).unwrap_or_default(),
        user_id: event.user.map(|user| user.as_str().to_owned()).unwrap_or_default(),
        session_id: event.session.map(|id| id.to_string()).unwrap_or_default(),
        occurred_at: Some(response::timestamp(event.at)),
        recorded_at: Some(response::timestamp(event.recorded_at)),
        end_reason: event.end_reason.map_or(api::EndReason::Unspecified, response::end_reason).into(),
        auth_event_kind: event.auth_event_kind.map_or(api::AuthEventKind::Unspecified, auth_event_kind).into(),
        reason: cause.reason,
        actor: cause.actor,
        caller: cause.caller,
        request_id: cause.request_id,
        device: (device != Device::default()).then(|| response::device(device)),
        location: response::known_location(location),
        policy: event.policy,
        auth_methods: event.auth_methods,
        assurance_level: event.assurance_level,
        revision: event.revision.into(),
        changed_fields: cause.changed_fields,
        operation_id: cause.operation_id,
        denied_tokens: event.denied_jwts,
        alert_id: event.acknowledged.map(|acknowledged| acknowledged.alert.to_string()).unwrap_or_default(),
        alert_verdict: event
            .acknowledged
            .map_or(api::AlertVerdict::Unspecified, |acknowledged| alert_verdict(acknowledged.verdict))
            .into(),
        webhook: event.webhook.as_ref().map(|change| change.name.to_string()).unwrap_or_default(),
        webhook_action: event.webhook.map(|change| change.action.name().to_owned()).unwrap_or_default(),
    }
}

pub(super) const fn kind(kind: AuditEventKind) -> api::AuditEventKind {
    match kind {
        AuditEventKind::Created => api::AuditEventKind::SessionCreated,
        AuditEventKind::Updated => api::AuditEventKind::SessionUpdated,
        AuditEventKind::Rotated => api::AuditEventKind::SessionRotated,
        AuditEventKind::Ended => api::AuditEventKind::SessionEnded,
        AuditEventKind::RevokedAll => api::AuditEventKind::RevokedAll,
        AuditEventKind::AuthFailed => api::AuditEventKind::AuthFailed,
        AuditEventKind::TokensDenied => api::AuditEventKind::TokensDenied,
        AuditEventKind::CallRefused => api::AuditEventKind::CallRefused,
        AuditEventKind::UserForgotten => api::AuditEventKind::UserForgotten,
        AuditEventKind::AlertAcknowledged => api::AuditEventKind::AlertAcknowledged,
        AuditEventKind::WebhookChanged => api::AuditEventKind::WebhookChanged,
    }
}

pub(super) const fn auth_event_kind(kind: AuthEventKind) -> api::AuthEventKind {
    match kind {
        AuthEventKind::PasswordFailed => api::AuthEventKind::PasswordFailed,
        AuthEventKind::MfaFailed => api::AuthEventKind::MfaFailed,
        AuthEventKind::MfaDenied => api::AuthEventKind::MfaDenied,
        AuthEventKind::MfaExpired => api::AuthEventKind::MfaExpired,
        AuthEventKind::UnknownUser => api::AuthEventKind::UnknownUser,
        AuthEventKind::LockedOut => api::AuthEventKind::LockedOut,
        // No event is recorded for it.
        AuthEventKind::SignedIn | AuthEventKind::TokenGuessed | AuthEventKind::SignedTokenGuessed => {
            api::AuthEventKind::Unspecified
        }
    }
}
