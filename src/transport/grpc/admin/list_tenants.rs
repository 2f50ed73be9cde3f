//! `ListTenants`.

use std::mem::take;

use tonic::Request;

use super::page::QueryFingerprint;
use crate::{
    api,
    authority::{AuditQueries, TenantListRequest, permissions::permit_tenants},
    domain::{CallError, FieldViolations, search::TenantSummary},
    transport::grpc::{call::CallContext, request::parse_timestamp, response::timestamp},
};

pub(super) async fn handle(
    queries: &AuditQueries,
    request: Request<api::ListTenantsRequest>,
) -> Result<api::ListTenantsResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    let query = QueryFingerprint::from_request(&request);

    let mut violations = FieldViolations::default();
    let page = violations.check(query.page(size, &token));
    let since = violations.check(parse_timestamp("since", request.since)).flatten();
    let Some(page) = page else { return Err(violations.into()) };
    violations.into_result()?;

    let tenants = permit_tenants(&call.caller, None)?;
    let found = queries.list_tenants(TenantListRequest { tenants, since, page }).await?;
    Ok(api::ListTenantsResponse {
        tenants: found.entries.into_iter().map(|summary| entry(&summary)).collect(),
        next_page_token: query.token(found.next),
        complete_until: found.complete_until.map(timestamp),
    })
}

fn entry(summary: &TenantSummary) -> api::TenantEntry {
    api::TenantEntry {
        tenant_id: summary.tenant.as_str().to_owned(),
        active_sessions: summary.active_sessions,
        logins: summary.logins,
        alerts: summary.alerts,
    }
}
