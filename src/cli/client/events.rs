//! `session-authority events`.

use clap::Args;
use prost_types::Timestamp;
use serde::Serialize;

use crate::{
    api::{self, AuditEventKind},
    cli::{json, terminal::View},
    domain::UnixMillis,
};

use super::{
    event_filter::EventFlags,
    filter::end,
    listing::Listing,
    session::{label, origin, user},
};

/// Read the audit log: who signed in from where, what ended, by whom and why, latest first
#[derive(Args)]
pub struct Events {
    #[command(flatten)]
    filter: EventFlags,
}

impl Listing for Events {
    type Query = api::ListEventsRequest;

    const HEADER: &'static [&'static str] = &["AT", "EVENT", "USER", "FROM", "DETAILS", "SESSION ID"];
    const NOTHING: &'static str = "no event matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        self.filter.query(now)
    }

    fn end(query: &Self::Query) -> Option<Timestamp> {
        end(query.occurred.as_ref())
    }

    fn row(event: &api::AuditEvent, _: View) -> Vec<String> {
        vec![
            event.occurred_at.map(|at| at.to_string()).unwrap_or_default(),
            label(event.kind().as_str_name(), "AUDIT_EVENT_KIND_"),
            concerned(event),
            origin(event.location.as_ref()),
            details(event),
            event.session_id.clone(),
        ]
    }

    fn json(event: &api::AuditEvent) -> impl Serialize {
        json::AuditEvent::from(event)
    }
}

/// The user, else the tenant; "-" when it concerns every tenant, or nobody knows any more.
fn concerned(event: &api::AuditEvent) -> String {
    match (event.tenant_id.as_str(), event.user_id.as_str()) {
        ("", "") => "-".to_owned(),
        (tenant_id, "") => format!("(tenant {tenant_id})"),
        (tenant_id, user_id) => user(tenant_id, user_id),
    }
}

/// "revoked by bob: left on the train".
fn details(event: &api::AuditEvent) -> String {
    let mut text = match event.kind() {
        AuditEventKind::SessionEnded => label(event.end_reason().as_str_name(), "END_REASON_"),
        AuditEventKind::AuthFailed => label(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"),
        AuditEventKind::SessionUpdated => event.changed_fields.join(", "),
        AuditEventKind::SessionCreated => event.auth_methods.join(", "),
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
    use crate::cli::terminal::Style;

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
        let view = View { now: UnixMillis::new(0), style: Style::PLAIN };
        let expected = [
            "2023-11-14T22:13:20Z",
            "session ended",
            "ann (tenant acme)",
            "",
            "revoked by bob: left on the train",
            "abc",
        ];
        assert_eq!(Events::row(&event, view), expected);
    }

    #[test]
    fn an_event_about_no_user_says_whom_it_concerns() {
        let about = |tenant_id: &str| {
            concerned(&api::AuditEvent { tenant_id: tenant_id.to_owned(), ..api::AuditEvent::default() })
        };
        assert_eq!((about("").as_str(), about("acme").as_str()), ("-", "(tenant acme)"));
    }
}
