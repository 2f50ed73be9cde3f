//! `/console`: the overview.

use super::{
    alerts::{newest_cursor, stream_address},
    console_page::{ConsoleRequest, PageResult},
};
use crate::{
    api,
    domain::UnixMillis,
    transport::grpc::{FailedCall, timestamp},
    web::console::{AlertItem, OverviewPage, StatsRange, StatsView},
};

/// The number of alerts that are shown.
const SHOWN_ALERTS: u32 = 8;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let tenant = page.query().get("tenant");
    let range = StatsRange::from_name(page.query().get("range"));
    let now = page.now();
    let stats = stats(page, tenant, range).await?;
    let cursor = newest_cursor(page).await?;
    let latest = api::ListAlertsRequest {
        tenant_id: tenant.to_owned(),
        occurred: Some(api::TimeWindow { start: Some(timestamp(now.minus(range.spans().0))), end: None }),
        page_size: SHOWN_ALERTS,
        ..api::ListAlertsRequest::default()
    };
    let alerts = page.client.admin().list_alerts(latest).await.map_err(FailedCall::from)?.into_inner().alerts;
    let is_unused = is_unused(page, tenant, &stats).await?;
    Ok(ConsoleRequest::page(&OverviewPage {
        layout: page.layout("Overview"),
        tenant: tenant.to_owned(),
        range,
        stats: StatsView::new(&stats, now),
        is_unused,
        alerts: alerts.iter().map(|entry| AlertItem::new(entry, now)).collect(),
        stream: stream_address(tenant, "", "", &cursor),
    }))
}

/// Returns the figures of a tenant, or of all that the administrator may see.
pub(super) async fn stats(
    page: &ConsoleRequest<'_>,
    tenant: &str,
    range: StatsRange,
) -> Result<api::GetStatsResponse, FailedCall> {
    let (span, step) = range.spans();
    let now = page.now();
    // The last step is complete: the window ends with the present second.
    let end = UnixMillis::new(now.get() / 1000 * 1000 + 1000);
    let request = api::GetStatsRequest {
        tenant_id: tenant.to_owned(),
        window: Some(api::TimeWindow { start: Some(timestamp(end.minus(span))), end: Some(timestamp(end)) }),
        step: Some(prost_types::Duration { seconds: i64::try_from(step.as_secs()).unwrap_or(i64::MAX), nanos: 0 }),
        ..api::GetStatsRequest::default()
    };
    Ok(page.client.admin().get_stats(request).await.map_err(FailedCall::from)?.into_inner())
}

/// Returns whether nobody has signed in yet but administrators, whose sessions are in a tenant of their own.
async fn is_unused(page: &ConsoleRequest<'_>, tenant: &str, stats: &api::GetStatsResponse) -> Result<bool, FailedCall> {
    if stats.failed_logins > 0 || (!tenant.is_empty() && stats.active_sessions + stats.logins + stats.endings > 0) {
        return Ok(false);
    }
    if !tenant.is_empty() {
        return Ok(true);
    }
    let list = api::ListTenantsRequest { page_size: 2, ..api::ListTenantsRequest::default() };
    let listed = page.client.admin().list_tenants(list).await.map_err(FailedCall::from)?.into_inner();
    Ok(listed.tenants.iter().all(|entry| entry.tenant_id == page.settings.tenant))
}
