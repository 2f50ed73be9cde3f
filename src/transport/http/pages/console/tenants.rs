//! `/console/tenants`: tenants, and all sessions of one.

use axum::response::Response;

use super::{
    super::PageFailure,
    alerts,
    console_page::{ConsoleRequest, PageResult},
    overview::stats,
};
use crate::{
    api::{self, revoke_all_request::Scope},
    domain::TenantScope,
    transport::grpc::FailedCall,
    web::{
        console::{AuditFilter, SessionCriteria, StatsRange, StatsView, TenantPage, TenantsPage},
        link,
    },
};

pub(super) fn show_all(page: &ConsoleRequest<'_>) -> Response {
    let tenants = match &page.admin.caller.tenants {
        TenantScope::All => &[][..],
        TenantScope::Only(tenants) => tenants,
    };
    let entry = |tenant: &String| (tenant.as_str().into(), tenant_address(tenant));
    ConsoleRequest::page(&TenantsPage { layout: page.layout("Tenants"), tenants: tenants.iter().map(entry).collect() })
}

fn tenant_address(tenant: &str) -> String {
    link("/console/tenant", &[("tenant", tenant)])
}

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let tenant = page.query().get("tenant");
    if tenant.is_empty() {
        return Ok(show_all(page));
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
