//! `/console/session`: one session and its history.

use super::{
    super::PageFailure,
    console_page::{ConsoleRequest, PageResult},
};
use crate::{
    api::{self, revoke_request::Target},
    domain::UnixMillis,
    transport::grpc::FailedCall,
    web::{
        Language, PageTime,
        console::{EventRow, SessionField, SessionPage, SessionRow, last_seen},
        link,
    },
};

const EVENTS: u32 = 50;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let id = page.query().get("id");
    let now = page.now();
    let get = api::GetRequest { session_id: id.to_owned(), ..api::GetRequest::default() };
    let live = match page.client.sessions().get(get).await.map_err(FailedCall::from) {
        Ok(found) => found.into_inner().session,
        Err(failed) if failed.http_status() == 404 => None,
        Err(failed) => return Err(failed.into()),
    };
    let events = events(page, id).await?;
    let (row, fields) = match (live, events.as_deref()) {
        (Some(session), _) => (SessionRow::new(&session, now), fields(&session, now)),
        (None, Some([latest, ..])) => (ended_row(latest, now), Vec::new()),
        (None, _) => return Err(PageFailure::NotFound),
    };
    Ok(ConsoleRequest::page(&SessionPage {
        layout: page.layout("Session"),
        session: row,
        fields,
        events: events.map(|events| events.iter().map(|event| EventRow::new(event, now)).collect()),
    }))
}

/// Returns the latest events of a session; `None` without an audit database.
async fn events(page: &ConsoleRequest<'_>, id: &str) -> Result<Option<Vec<api::AuditEvent>>, FailedCall> {
    let list =
        api::ListEventsRequest { session_id: id.to_owned(), page_size: EVENTS, ..api::ListEventsRequest::default() };
    match page.client.admin().list_events(list).await.map_err(FailedCall::from) {
        Ok(listed) => Ok(Some(listed.into_inner().events)),
        Err(failed) if failed.reason == "AUDIT_DISABLED" => Ok(None),
        Err(failed) => Err(failed),
    }
}

/// Returns the row of a session that has ended, from its latest event.
fn ended_row(event: &api::AuditEvent, now: UnixMillis) -> SessionRow {
    let session = api::Session {
        session_id: event.session_id.clone(),
        tenant_id: event.tenant_id.clone(),
        user_id: event.user_id.clone(),
        device: event.device.clone(),
        location: event.location.clone(),
        ..api::Session::default()
    };
    let (session, state, end_reason) = (Some(session), api::SessionState::Ended.into(), event.end_reason);
    SessionRow::from_entry(&api::SessionEntry { session, state, end_reason, ..api::SessionEntry::default() }, now)
}

fn fields(session: &api::Session, now: UnixMillis) -> Vec<SessionField> {
    let time = |at| PageTime::new(at, now, Language::English);
    let (device, location) = (session.device.clone().unwrap_or_default(), session.location.clone().unwrap_or_default());
    let place = [&location.city, &location.region, &location.country].map(String::as_str);
    let place: Vec<_> = place.into_iter().filter(|part| !part.is_empty()).collect();
    let network = match (location.network.as_str(), location.asn) {
        (name, 0) => name.to_owned(),
        (name, asn) => format!("{name} (AS{asn})"),
    };
    let policy = if session.remembered { format!("{}, remembered", session.policy) } else { session.policy.clone() };
    vec![
        SessionField::text("Tenant", session.tenant_id.as_str()),
        SessionField::text("E-mail address", session.email.as_str()),
        SessionField::text("Roles", session.roles.join(", ")),
        SessionField::text("Device", device.name),
        SessionField::text("Device ID", device.device_id),
        SessionField::text("User agent", device.user_agent),
        SessionField::text("Place", place.join(", ")),
        SessionField::text("Address", location.ip),
        SessionField::text("Network", network),
        SessionField::time("Signed in", time(session.created_at)),
        SessionField::time("Authenticated", time(session.authenticated_at)),
        SessionField::text("Authentication methods", session.auth_methods.join(", ")),
        SessionField::text("Assurance level", session.assurance_level.to_string()),
        SessionField::text("Last seen", last_seen(session)),
        SessionField::time("Last active", time(session.last_active_at)),
        SessionField::time("Idle timeout", time(session.idle_expires_at)),
        SessionField::time("Expires", time(session.expires_at)),
        SessionField::text("Policy", policy),
        SessionField::text("Revision", session.revision.to_string()),
    ]
}

/// Ends one session.
pub(super) async fn revoke(page: &ConsoleRequest<'_>) -> PageResult {
    let id = page.form().get("id");
    let revocation = api::RevokeRequest {
        target: Some(Target::SessionId(id.to_owned())),
        reason: page.required_reason()?,
        actor: page.admin.name.clone(),
        compromised: !page.form().get("compromised").is_empty(),
        ..api::RevokeRequest::default()
    };
    let revoked = page.client.sessions().revoke(revocation).await.map_err(FailedCall::from)?.into_inner().revoked;
    let text = if revoked { "The session has ended on every node." } else { "The session had already ended." };
    let address = link("/console/session", &[("id", id)]);
    Ok(page.result("Session ended", &[text.to_owned()], address, "To the session"))
}
