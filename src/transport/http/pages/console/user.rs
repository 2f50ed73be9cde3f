//! `/console/user`: one user with sessions, history and alerts.

use super::{
    super::PageFailure,
    console_page::{ConsoleRequest, PageResult},
};
use crate::{
    api::{self, revoke_all_request::Scope},
    domain::TenantId,
    transport::grpc::FailedCall,
    web::{
        console::{AlertItem, AuditFilter, EventRow, SessionRow, UserPage},
        link,
    },
};

const ROWS: u32 = 20;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let (tenant, user) = (page.query().get("tenant"), page.query().get("user"));
    let effective_tenant = if tenant.is_empty() { TenantId::DEFAULT } else { tenant };
    let now = page.now();
    let filter = AuditFilter { tenant: effective_tenant.to_owned(), user: user.to_owned(), ..AuditFilter::default() };
    let mut found = UserPage {
        layout: page.layout("User"),
        tenant: tenant.to_owned(),
        user: user.to_owned(),
        shown_user: user.into(),
        shown_tenant: effective_tenant.into(),
        sessions: Vec::new(),
        ended: None,
        events: None,
        alerts: Vec::new(),
        audit_address: filter.address(""),
        operation_id: page.request.request_id.clone(),
    };
    if user.is_empty() {
        return Ok(ConsoleRequest::page(&found));
    }
    let list =
        api::ListRequest { tenant_id: tenant.to_owned(), user_id: user.to_owned(), ..api::ListRequest::default() };
    let sessions = page.client.sessions().list(list).await.map_err(FailedCall::from)?.into_inner().sessions;
    found.sessions = sessions.iter().map(|session| SessionRow::new(session, now)).collect();
    if let Some(history) = history(page, effective_tenant, user).await? {
        found.ended = Some(history.ended.iter().map(|entry| SessionRow::from_entry(entry, now)).collect());
        found.events = Some(history.events.iter().map(|event| EventRow::new(event, now)).collect());
        found.alerts = history.alerts.iter().map(|entry| AlertItem::new(entry, now)).collect();
    }
    Ok(ConsoleRequest::page(&found))
}

/// The latest entries about a user in the audit database.
struct UserHistory {
    ended: Vec<api::SessionEntry>,
    events: Vec<api::AuditEvent>,
    alerts: Vec<api::AlertEntry>,
}

/// Returns the history of a user; `None` without an audit database.
async fn history(page: &ConsoleRequest<'_>, tenant: &str, user: &str) -> Result<Option<UserHistory>, FailedCall> {
    let (tenant_id, user_id) = (tenant.to_owned(), user.to_owned());
    let filter =
        api::SessionFilter { tenant_id: tenant_id.clone(), user_id: user_id.clone(), ..api::SessionFilter::default() };
    let search = api::SearchSessionsRequest {
        filter: Some(filter),
        state: api::SessionState::Ended.into(),
        page_size: ROWS,
        ..api::SearchSessionsRequest::default()
    };
    let ended = match page.client.admin().search_sessions(search).await.map_err(FailedCall::from) {
        Ok(found) => found.into_inner().sessions,
        Err(failed) if failed.reason == "AUDIT_DISABLED" => return Ok(None),
        Err(failed) => return Err(failed),
    };
    let list = api::ListAlertsRequest {
        tenant_id: tenant_id.clone(),
        user_id: user_id.clone(),
        page_size: ROWS,
        ..api::ListAlertsRequest::default()
    };
    let alerts = page.client.admin().list_alerts(list).await.map_err(FailedCall::from)?.into_inner().alerts;
    let list = api::ListEventsRequest { tenant_id, user_id, page_size: ROWS, ..api::ListEventsRequest::default() };
    let events = page.client.admin().list_events(list).await.map_err(FailedCall::from)?.into_inner().events;
    Ok(Some(UserHistory { ended, events, alerts }))
}

/// Ends all sessions of a user.
pub(super) async fn revoke_all(page: &ConsoleRequest<'_>) -> PageResult {
    let (form, reason) = (page.form(), page.required_reason()?);
    let (tenant, user) = (form.get("tenant"), form.get("user"));
    if form.get("confirm").parse::<u32>().is_err() {
        return Err(PageFailure::Invalid("Type the number of active sessions to confirm.".to_owned()));
    }
    let scope = api::UserScope { tenant_id: tenant.to_owned(), user_id: user.to_owned() };
    let list =
        api::ListRequest { tenant_id: tenant.to_owned(), user_id: user.to_owned(), ..api::ListRequest::default() };
    let active = page.client.sessions().list(list).await.map_err(FailedCall::from)?.into_inner().sessions.len();
    if form.get("confirm") != active.to_string() {
        let text = format!("The user has {active} active sessions. Go back, reload the page and confirm that number.");
        return Err(PageFailure::Invalid(text));
    }
    let revocation = api::RevokeAllRequest {
        scope: Some(Scope::User(scope)),
        reason,
        actor: page.admin.name.clone(),
        operation_id: form.get("operation_id").to_owned(),
        compromised: !form.get("compromised").is_empty(),
        ..api::RevokeAllRequest::default()
    };
    let revoked = page.client.sessions().revoke_all(revocation).await.map_err(FailedCall::from)?.into_inner();
    let lines = [format!("Sessions ended: {}.", revoked.revoked_count)];
    let address = link("/console/user", &[("tenant", tenant), ("user", user)]);
    Ok(page.result("All sessions ended", &lines, address, "To the user"))
}

/// Erases a user.
pub(super) async fn forget(page: &ConsoleRequest<'_>) -> PageResult {
    let (form, reason) = (page.form(), page.required_reason()?);
    let user = form.get("user");
    if user.is_empty() || form.get("confirm") != user {
        return Err(PageFailure::Invalid("Type the user ID to confirm.".to_owned()));
    }
    let erasure = api::ForgetUserRequest {
        tenant_id: form.get("tenant").to_owned(),
        user_id: user.to_owned(),
        reason,
        actor: page.admin.name.clone(),
    };
    let erased = page.client.admin().forget_user(erasure).await.map_err(FailedCall::from)?.into_inner();
    let mut lines = vec![format!("Sessions ended: {}. Records erased: {}.", erased.revoked_count, erased.erased_count)];
    lines.extend(
        erased.retained.iter().map(|records| format!("{}: {} {}", records.kind, records.count, records.reason)),
    );
    Ok(page.result("User forgotten", &lines, "/console/user".to_owned(), "To the users"))
}
