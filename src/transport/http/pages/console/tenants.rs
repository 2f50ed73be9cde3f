//! `/console/tenants`: tenants, and all sessions of one.

use super::{
    super::PageFailure,
    alerts,
    console_page::{ConsoleRequest, PageResult},
    overview::stats,
};
use crate::{
    api::{self, revoke_all_request::Scope},
    transport::grpc::FailedCall,
    web::{
        Language, PageTime,
        console::{AuditFilter, SessionCriteria, StatsRange, StatsView, TenantPage, TenantRow, TenantsPage},
        link,
    },
};

const PAGE_SIZE: u32 = 50;

pub(super) async fn show_all(page: &ConsoleRequest<'_>) -> PageResult {
    let page_token = page.query().get("page");
    let request = api::ListTenantsRequest {
        page_size: PAGE_SIZE,
        page_token: page_token.to_owned(),
        ..api::ListTenantsRequest::default()
    };
    let found = page.client.admin().list_tenants(request).await.map_err(FailedCall::from)?.into_inner();
    let row = |entry: &api::TenantEntry| TenantRow {
        name: entry.tenant_id.as_str().into(),
        address: tenant_address(&entry.tenant_id),
        active_sessions: entry.active_sessions,
        logins: entry.logins,
        alerts: entry.alerts,
    };
    let next = found.next_page_token.as_str();
    Ok(ConsoleRequest::page(&TenantsPage {
        layout: page.layout("Tenants"),
        tenants: found.tenants.iter().map(row).collect(),
        next: if next.is_empty() { String::new() } else { link("/console/tenants", &[("page", next)]) },
        is_first: page_token.is_empty(),
        complete_until: PageTime::new(found.complete_until, page.now(), Language::English),
    }))
}

fn tenant_address(tenant: &str) -> String {
    link("/console/tenant", &[("tenant", tenant)])
}

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let tenant = page.query().get("tenant");
    if tenant.is_empty() {
        return show_all(page).await;
    }
    let stats = stats(page, tenant, StatsRange::default()).await?;
    let tenant = tenant.to_owned();
    Ok(ConsoleRequest::page(&TenantPage {
        layout: page.layout("Tenant"),
        shown: tenant.as_str().into(),
        stats: StatsView::new(&stats, page.now()),
        sessions_address: SessionCriteria { tenant: tenant.clone(), ..SessionCriteria::default() }.address(""),
        alerts_address: alerts::address(&tenant),
        audit_address: AuditFilter { tenant: tenant.clone(), ..AuditFilter::default() }.address(""),
        operation_id: page.request.request_id.clone(),
        tenant,
    }))
}

/// Ends all sessions of a tenant.
pub(super) async fn revoke_all(page: &ConsoleRequest<'_>) -> PageResult {
    let (form, reason) = (page.form(), page.required_reason()?);
    let tenant = form.get("tenant");
    if tenant.is_empty() || form.get("confirm") != tenant {
        return Err(PageFailure::Invalid("Type the name of the tenant to confirm.".to_owned()));
    }
    let revocation = api::RevokeAllRequest {
        scope: Some(Scope::Tenant(api::TenantScope { tenant_id: tenant.to_owned() })),
        reason,
        actor: page.admin.name.clone(),
        operation_id: form.get("operation_id").to_owned(),
        ..api::RevokeAllRequest::default()
    };
    page.client.sessions().revoke_all(revocation).await.map_err(FailedCall::from)?;
    let lines = ["The revocation is in effect on every node. The audit log lists each session shortly.".to_owned()];
    Ok(page.result("All sessions ended", &lines, tenant_address(tenant), "To the tenant"))
}
