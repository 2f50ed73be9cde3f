//! The table of events.

use std::slice;

use sqlx::FromRow;

use super::{
    ColumnValue::{Address, FormattedTexts, Id, Integer, SessionId, StatedTexts, Text, Texts, Time},
    ErasureRule, TableColumn, TableRow, non_empty,
    stored_columns::{StoredDevice, StoredLocation, TextList, decode_name, decode_number, violation_error},
};
use crate::domain::{
    AuditedJwt, AuthEventKind, AuthFailure, Cause, Device, EndReason, Event, EventId, EventKind, EventSubject,
    Location, Record, Session, TenantId, UnixMillis, UserId,
    alert::{AcknowledgedAlert, AlertId, AlertVerdict},
    event::RevocationScope,
    id,
    search::{AuditEvent, AuditEventKind},
    webhook::{WebhookAction, WebhookChange, WebhookName},
};

/// A row of `session_events`.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct SessionEventRow<'a> {
    pub event: &'a Event,
    /// Set if the user was erased. The session ID is removed too, as all session IDs of a user begin with the same
    /// characters.
    pub is_redacted: bool,
}

impl TableRow for SessionEventRow<'_> {
    const TABLE: &'static str = "session_events";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("event_id", Id(|row| Some(row.event.id))),
            Self::column("at", Time(|row| Some(row.event.at))),
            Self::column("kind", Text(|row| Some(row.event.kind.name()))),
            Self::column("end_reason", Text(|row| end_reason(row.event.kind))),
            Self::column("auth_event_kind", Text(|row| Some(row.failure()?.kind.name()))),
            Self::column("scope", Text(|row| revoked_scope(row.event))),
            Self::column("tenant", Text(|row| tenant(row.event))),
            Self::personal_column("user_id", Text(|row| Some(row.event.owner()?.user.as_str()))),
            Self::personal_column("session_id", SessionId(SessionEventRow::session_id)),
            Self::column("started_at", Time(|row| Some(row.record()?.created_at))),
            Self::column("revision", Integer(|row| Some(row.record()?.revision.into()))),
            Self::column("policy", Text(|row| Some(&row.record()?.policy))),
            Self::column("auth_methods", Texts(|row| auth_methods(row.event))),
            Self::column("assurance_level", Integer(|row| Some(row.record()?.assurance_level.into()))),
            Self::personal_column("device_id", Text(|row| non_empty(&row.device()?.id))),
            Self::personal_column("device_name", Text(|row| non_empty(&row.device()?.name))),
            Self::personal_column("device_type", Text(|row| non_empty(row.device()?.kind.name()))),
            Self::personal_column("browser", Text(|row| non_empty(&row.device()?.browser))),
            Self::personal_column("os", Text(|row| non_empty(&row.device()?.os))),
            Self::personal_column("ip", Address(|row| row.location()?.ip)),
            Self::personal_column("country", Text(|row| non_empty(&row.location()?.country))),
            Self::personal_column("region", Text(|row| non_empty(&row.location()?.region))),
            Self::personal_column("city", Text(|row| non_empty(&row.location()?.city))),
            Self::personal_column("asn", Integer(|row| known_asn(row.location()?))),
            Self::personal_column("network", Text(|row| non_empty(&row.location()?.network))),
            Self::column("changed_fields", StatedTexts(|row| changed_fields(row.event))),
            Self::personal_column("reason", Text(|row| non_empty(&row.event.cause.reason))),
            Self::personal_column("actor", Text(|row| non_empty(&row.event.cause.actor))),
            Self::column("caller", Text(|row| non_empty(&row.event.cause.caller))),
            Self::personal_column("request_id", Text(|row| non_empty(&row.event.cause.request_id))),
            Self::personal_column("operation_id", Text(|row| non_empty(&row.event.cause.operation_id))),
            Self::column("denied_tokens", FormattedTexts(|row| denied_tokens(row.event))),
            Self::column("alert_id", Id(|row| Some(EventId(row.acknowledged()?.alert.0)))),
            Self::column("alert_verdict", Text(|row| Some(row.acknowledged()?.verdict.name()))),
        ]
    }

    fn is_redacted(&self) -> bool {
        self.is_redacted
    }
}

impl<'a> SessionEventRow<'a> {
    fn session(&self) -> Option<&'a Session> {
        match &self.event.subject {
            EventSubject::Session(session) => Some(session),
            EventSubject::Scope(_)
            | EventSubject::DeniedJwts { .. }
            | EventSubject::AuthFailure(_)
            | EventSubject::Acknowledgement { .. } => None,
        }
    }

    fn session_id(&self) -> Option<id::SessionId> {
        match &self.event.subject {
            EventSubject::Acknowledgement { session, .. } => *session,
            _ => Some(self.session()?.id),
        }
    }

    fn acknowledged(&self) -> Option<AcknowledgedAlert> {
        match &self.event.subject {
            EventSubject::Acknowledgement { acknowledged, .. } => Some(*acknowledged),
            EventSubject::Session(_)
            | EventSubject::Scope(_)
            | EventSubject::DeniedJwts { .. }
            | EventSubject::AuthFailure(_) => None,
        }
    }

    fn failure(&self) -> Option<&'a AuthFailure> {
        match &self.event.subject {
            EventSubject::AuthFailure(failure) => Some(failure),
            EventSubject::Session(_)
            | EventSubject::Scope(_)
            | EventSubject::DeniedJwts { .. }
            | EventSubject::Acknowledgement { .. } => None,
        }
    }

    fn record(&self) -> Option<&'a Record> {
        Some(&self.session()?.record)
    }

    fn device(&self) -> Option<&'a Device> {
        match self.failure() {
            Some(failure) => Some(&failure.device),
            None => Some(&self.record()?.device),
        }
    }

    fn location(&self) -> Option<&'a Location> {
        match self.failure() {
            Some(failure) => Some(&failure.location),
            None => Some(&self.record()?.location),
        }
    }
}

fn tenant(event: &Event) -> Option<&str> {
    match &event.subject {
        EventSubject::Session(session) => Some(session.owner.tenant.as_str()),
        EventSubject::AuthFailure(failure) => Some(failure.owner.tenant.as_str()),
        EventSubject::Acknowledgement { owner, .. } | EventSubject::Scope(RevocationScope::User(owner)) => {
            Some(owner.tenant.as_str())
        }
        EventSubject::Scope(RevocationScope::Tenant(tenant)) | EventSubject::DeniedJwts { tenant, .. } => {
            Some(tenant.as_str())
        }
        EventSubject::Scope(RevocationScope::Everyone) => None,
    }
}

/// Returns the methods of the session, or the one that failed; `None` for other events.
fn auth_methods(event: &Event) -> Option<&[String]> {
    match &event.subject {
        EventSubject::Session(session) => Some(&session.record.auth_methods),
        EventSubject::AuthFailure(failure) if !failure.method.is_empty() => Some(slice::from_ref(&failure.method)),
        EventSubject::AuthFailure(_)
        | EventSubject::Scope(_)
        | EventSubject::DeniedJwts { .. }
        | EventSubject::Acknowledgement { .. } => None,
    }
}

/// Returns the denied JWTs, or `None` for other events.
fn denied_tokens(event: &Event) -> Option<Vec<String>> {
    match &event.subject {
        EventSubject::DeniedJwts { jwts, .. } => Some(jwts.iter().map(AuditedJwt::to_string).collect()),
        EventSubject::Session(_)
        | EventSubject::Scope(_)
        | EventSubject::AuthFailure(_)
        | EventSubject::Acknowledgement { .. } => None,
    }
}

/// Returns the fields that an update named, or `None` for other events.
fn changed_fields(event: &Event) -> Option<&[String]> {
    (event.kind == EventKind::Updated).then_some(&event.cause.changed_fields)
}

/// Returns the scope of a revocation.
fn revoked_scope(event: &Event) -> Option<&'static str> {
    match &event.subject {
        EventSubject::Scope(scope) if event.kind == EventKind::RevokedAll => Some(match scope {
            RevocationScope::User(_) => "user",
            RevocationScope::Tenant(_) => "tenant",
            RevocationScope::Everyone => "everyone",
        }),
        _ => None,
    }
}

/// Returns the reason why a session ended, or `None` for other events.
pub(in crate::audit) const fn end_reason(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Ended(reason) => Some(reason.name()),
        EventKind::Created
        | EventKind::Updated
        | EventKind::Rotated
        | EventKind::RevokedAll
        | EventKind::UserForgotten
        | EventKind::TokensDenied
        | EventKind::AuthFailed(_)
        | EventKind::AlertAcknowledged => None,
    }
}

/// Returns the number of the autonomous system. A record has zero if it is not known.
pub(super) fn known_asn(location: &Location) -> Option<i64> {
    (location.asn != 0).then(|| location.asn.into())
}

/// Returns the columns of the ending of a session by a mass revocation, and the expressions for their values. These
/// refer to the row `session` of `sessions` and the row `revocation` of `mass_revocations`. Without `keeps_user` the
/// columns that an erasure removes are left out.
pub(in crate::audit) fn mass_ending_lists(event_id: &str, keeps_user: bool) -> (String, String) {
    let lists = SessionEventRow::columns().into_iter().filter_map(|column| {
        let name = column.name;
        let value = match name {
            "event_id" => event_id.to_owned(),
            "at" | "caller" => format!("revocation.{name}"),
            "kind" => "'ended'".to_owned(),
            "end_reason" => "'revoked_all'".to_owned(),
            "started_at" => "session.created_at".to_owned(),
            "scope" | "auth_event_kind" | "changed_fields" | "denied_tokens" | "alert_id" | "alert_verdict" => {
                return None;
            }
            _ if column.erasure != ErasureRule::Keep && !keeps_user => return None,
            "reason" | "actor" | "request_id" | "operation_id" => format!("revocation.{name}"),
            _ => format!("session.{name}"),
        };
        Some((name, value))
    });
    let (names, values): (Vec<_>, Vec<_>) = lists.unzip();
    (names.join(", "), values.join(", "))
}

/// An event as it is read. Only the session records whether the device was new.
#[derive(Debug, FromRow)]
pub(in crate::audit) struct StoredEvent {
    event_id: EventId,
    at: UnixMillis,
    recorded_at: UnixMillis,
    kind: String,
    end_reason: Option<String>,
    auth_event_kind: Option<String>,
    tenant: Option<String>,
    user_id: Option<String>,
    session_id: Option<String>,
    revision: Option<i64>,
    policy: Option<String>,
    auth_methods: Option<TextList>,
    assurance_level: Option<i64>,
    #[sqlx(flatten)]
    device: StoredDevice,
    device_first_seen: bool,
    #[sqlx(flatten)]
    location: StoredLocation,
    changed_fields: Option<TextList>,
    reason: Option<String>,
    actor: Option<String>,
    caller: Option<String>,
    request_id: Option<String>,
    operation_id: Option<String>,
    denied_tokens: Option<TextList>,
    alert_id: Option<EventId>,
    alert_verdict: Option<String>,
    webhook: Option<String>,
    webhook_action: Option<String>,
}

impl StoredEvent {
    /// Converts the row. Returns an error for a row of a newer release that this one cannot read.
    pub fn into_event(self) -> sqlx::Result<AuditEvent> {
        let kind = decode_name("kind", &self.kind, AuditEventKind::from_name)?;
        let end_reason = self.end_reason.map(|name| decode_name("end_reason", &name, EndReason::from_name));
        let auth_event_kind =
            self.auth_event_kind.map(|name| decode_name("auth_event_kind", &name, AuthEventKind::from_name));
        let acknowledged = self.alert_id.zip(self.alert_verdict).map(|(EventId(alert), verdict)| {
            let verdict = decode_name("alert_verdict", &verdict, AlertVerdict::from_name);
            verdict.map(|verdict| AcknowledgedAlert { alert: AlertId(alert), verdict })
        });
        let webhook = self.webhook.zip(self.webhook_action).map(|(name, action)| {
            let action = decode_name("webhook_action", &action, WebhookAction::from_name)?;
            Ok::<_, sqlx::Error>(WebhookChange { name: WebhookName::new(&name).map_err(violation_error)?, action })
        });
        // An answer has no device, but may be about a session whose device was new.
        let first_seen = self.device_first_seen && kind != AuditEventKind::AlertAcknowledged;
        let device = Device { first_seen, ..self.device.into_device() };
        Ok(AuditEvent {
            id: self.event_id,
            kind,
            at: self.at,
            recorded_at: self.recorded_at,
            tenant: self.tenant.map(|id| TenantId::new(&id)).transpose().map_err(violation_error)?,
            user: self.user_id.map(|id| UserId::new(&id)).transpose().map_err(violation_error)?,
            session: self.session_id.map(|id| id.parse()).transpose().map_err(violation_error)?,
            end_reason: end_reason.transpose()?,
            auth_event_kind: auth_event_kind.transpose()?,
            device,
            location: self.location.into_location()?,
            policy: self.policy.unwrap_or_default(),
            auth_methods: self.auth_methods.unwrap_or_default().0,
            assurance_level: decode_number("assurance_level", self.assurance_level.unwrap_or_default())?,
            revision: decode_number("revision", self.revision.unwrap_or_default())?,
            denied_jwts: self.denied_tokens.unwrap_or_default().0,
            acknowledged: acknowledged.transpose()?,
            webhook: webhook.transpose()?,
            cause: Cause {
                reason: self.reason.unwrap_or_default(),
                actor: self.actor.unwrap_or_default(),
                caller: self.caller.unwrap_or_default(),
                request_id: self.request_id.unwrap_or_default(),
                operation_id: self.operation_id.unwrap_or_default(),
                changed_fields: self.changed_fields.unwrap_or_default().0,
            },
        })
    }
}
