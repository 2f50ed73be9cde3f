//! `/console`: the overview.

use super::{
    alerts::{count_severities, recent_alerts, stream_address},
    console_page::{ConsoleRequest, PageResult},
};
use crate::{
    api,
    domain::UnixMillis,
    transport::grpc::{FailedCall, timestamp},
    web::console::{AlertItem, OverviewPage, StatsRange, StatsView},
};

/// The number of alerts that are shown.
const SHOWN_ALERTS: usize = 8;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let tenant = page.query().get("tenant");
    let range = StatsRange::from_name(page.query().get("range"));
    let now = page.now();
    let stats = stats(page, tenant, range).await?;
    let alerts = recent_alerts(page, tenant, "", api::Severity::Unspecified).await?;
    let since = now.minus(range.spans().0);
    let in_range: Vec<_> = alerts.alerts.into_iter().filter(|alert| detected_at(alert) >= since).collect();
    Ok(ConsoleRequest::page(&OverviewPage {
        layout: page.layout("Overview"),
        tenant: tenant.to_owned(),
        range,
        stats: StatsView::new(&stats, now),
        severities: count_severities(&in_range),
        alerts: in_range.iter().take(SHOWN_ALERTS).map(|alert| AlertItem::new(alert, now)).collect(),
        stream: stream_address(tenant, "", "", &alerts.cursor),
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

fn detected_at(alert: &api::Alert) -> UnixMillis {
    let seconds = alert.detected_time.map_or(0, |at| u64::try_from(at.seconds).unwrap_or(0));
    UnixMillis::new(seconds.saturating_mul(1000))
}
