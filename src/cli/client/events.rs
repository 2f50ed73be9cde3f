//! `session-authority events`.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api::{self, AuditEventKind},
    cli::terminal::{RenderContext, pluralize},
    domain::UnixMillis,
};

use super::{
    event_filter::EventFlags,
    listing::ListingCommand,
    session_filter::window_end,
    session_format::{enum_label, format_location, format_user},
};

/// List audit events: sign-ins, changes and ends of sessions, with actor and reason, newest first
#[derive(Args)]
pub struct EventsCommand {
    #[command(flatten)]
    filter: EventFlags,
}

impl ListingCommand for EventsCommand {
    type Query = api::ListEventsRequest;

    const HEADER: &'static [&'static str] = &["AT", "EVENT", "USER", "LOCATION", "DETAILS", "SESSION ID"];
    const EMPTY_MESSAGE: &'static str = "no event matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        self.filter.query(now)
    }

    fn window_end(query: &Self::Query) -> Option<Timestamp> {
        window_end(query.occurred.as_ref())
    }

    fn row(event: &api::AuditEvent, _: RenderContext) -> Vec<String> {
        vec![
            event.occurred_at.map(|at| at.to_string()).unwrap_or_default(),
            enum_label(event.kind().as_str_name(), "AUDIT_EVENT_KIND_"),
            format_subject(event),
            format_location(event.location.as_ref()),
            format_details(event),
            event.session_id.clone(),
        ]
    }
}

/// Returns the user, else the tenant. Returns "-" if the event concerns every tenant, or if its user was erased.
fn format_subject(event: &api::AuditEvent) -> String {
    match (event.tenant_id.as_str(), event.user_id.as_str()) {
        ("", "") => "-".to_owned(),
        (tenant_id, "") => format!("(tenant {tenant_id})"),
        (tenant_id, user_id) => format_user(tenant_id, user_id),
    }
}

/// Returns the details of an event: "revoked by bob: left on the train".
fn format_details(event: &api::AuditEvent) -> String {
    let mut text = match event.kind() {
        AuditEventKind::SessionEnded => enum_label(event.end_reason().as_str_name(), "END_REASON_"),
        AuditEventKind::AuthFailed => enum_label(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"),
        AuditEventKind::SessionUpdated => event.changed_fields.join(", "),
        AuditEventKind::SessionCreated => event.auth_methods.join(", "),
        AuditEventKind::TokensDenied => pluralize(event.denied_tokens.len() as u64, "JWT"),
        AuditEventKind::WebhookChanged => format!("{} {}", event.webhook, event.webhook_action),
        AuditEventKind::AlertAcknowledged => enum_label(event.alert_verdict().as_str_name(), "ALERT_VERDICT_"),
        _ => String::new(),
    };
    let by = if event.actor.is_empty() { &event.caller } else { &event.actor };
    if !by.is_empty() {
        text = format!("{text} by {by}");
    }
    if !event.reason.is_empty() {
        text = format!("{text}: {}", event.reason);
    }
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    #[test]
    fn an_event_says_what_was_done_by_whom_and_why() {
        let event = api::AuditEvent {
            kind: AuditEventKind::SessionEnded.into(),
            tenant_id: "acme".to_owned(),
            user_id: "ann".to_owned(),
            session_id: "abc".to_owned(),
            occurred_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            end_reason: api::EndReason::Revoked.into(),
            reason: "left on the train".to_owned(),
            actor: "bob".to_owned(),
            caller: "backend".to_owned(),
            ..api::AuditEvent::default()
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let expected = [
            "2023-11-14T22:13:20Z",
            "session ended",
            "ann (tenant acme)",
            "",
            "revoked by bob: left on the train",
            "abc",
        ];
        assert_eq!(EventsCommand::row(&event, view), expected);
    }

    #[test]
    fn a_denial_says_how_many_jwts_it_was_about() {
        let event = api::AuditEvent {
            kind: AuditEventKind::TokensDenied.into(),
            denied_tokens: vec!["jti:a".to_owned(), "jti:b".to_owned()],
            actor: "bob".to_owned(),
            ..api::AuditEvent::default()
        };
        assert_eq!(format_details(&event), "2 JWTs by bob");
    }

    #[test]
    fn an_event_about_no_user_says_whom_it_concerns() {
        let about = |tenant_id: &str| {
            format_subject(&api::AuditEvent { tenant_id: tenant_id.to_owned(), ..api::AuditEvent::default() })
        };
        assert_eq!((about("").as_str(), about("acme").as_str()), ("-", "(tenant acme)"));
    }
}
