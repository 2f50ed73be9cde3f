//! `/console/alerts`: the latest alerts, and a stream of new ones.

use std::{collections::VecDeque, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::{
    console_page::{ConsoleRequest, PageResult},
    criteria::enum_value,
    signed_in_admin::AdminRecheck,
};
use crate::{
    api::{self, stream_alerts_response::Event},
    transport::grpc::{AlertReceiver, FailedCall},
    web::{
        console::{AlertItem, AlertsPage, CountTable, SelectOption, enum_label},
        link,
    },
};

/// The maximum number of alerts that a page considers.
const RECENT_ALERTS: usize = 200;
/// The time without an alert after which all were read.
const IDLE: Duration = Duration::from_millis(200);
/// The maximum number of alerts that are read for a page.
const MAX_READ: usize = 20_000;
/// The interval of comments in a stream, which keep proxies from closing it.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);
/// The interval at which the session of a stream is checked.
const SESSION_INTERVAL: Duration = Duration::from_secs(3);

const SEVERITIES: [api::Severity; 5] =
    [api::Severity::Critical, api::Severity::High, api::Severity::Medium, api::Severity::Low, api::Severity::Info];

/// Alerts, latest first.
pub(super) struct RecentAlerts {
    pub(super) alerts: Vec<api::Alert>,
    /// The position after the latest of all alerts.
    pub(super) cursor: String,
    /// Set if there are others.
    pub(super) is_partial: bool,
}

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let query = page.query();
    let (tenant, user, severity) = (query.get("tenant"), query.get("user"), query.get("severity"));
    let least = enum_value::<api::Severity>("SEVERITY_", severity)?;
    let found = recent_alerts(page, tenant, user, api::Severity::try_from(least).unwrap_or_default()).await?;
    let now = page.now();
    let option = |kind: api::Severity| {
        let name = kind.as_str_name();
        let value = name.strip_prefix("SEVERITY_").unwrap_or(name).to_owned();
        SelectOption { label: enum_label(name, "SEVERITY_"), is_selected: value == severity, value }
    };
    Ok(ConsoleRequest::page(&AlertsPage {
        layout: page.layout("Alerts"),
        tenant: tenant.to_owned(),
        user: user.to_owned(),
        severities: SEVERITIES.into_iter().rev().map(option).collect(),
        alerts: found.alerts.iter().map(|alert| AlertItem::new(alert, now)).collect(),
        is_partial: found.is_partial,
        stream: stream_address(tenant, user, severity, &found.cursor),
    }))
}

/// Returns the address of the page with the alerts of a tenant.
pub(super) fn address(tenant: &str) -> String {
    link("/console/alerts", &[("tenant", tenant)])
}

/// Returns the address of the stream of alerts after `cursor`.
pub(super) fn stream_address(tenant: &str, user: &str, severity: &str, cursor: &str) -> String {
    let parameters = [("tenant", tenant), ("user", user), ("severity", severity), ("cursor", cursor)];
    link("/console/alerts/stream", &parameters)
}

/// Returns the number of alerts of each severity.
pub(super) fn count_severities(alerts: &[api::Alert]) -> CountTable {
    let count = |kind: api::Severity| {
        let count = alerts.iter().filter(|alert| alert.severity() == kind).count();
        (enum_label(kind.as_str_name(), "SEVERITY_"), u64::try_from(count).unwrap_or(u64::MAX))
    };
    CountTable::new("Alerts by severity", "Severity", SEVERITIES.map(count).into_iter().filter(|(_, count)| *count > 0))
}

/// Reads the latest alerts of a tenant or of all, and of a user or of all.
pub(super) async fn recent_alerts(
    page: &ConsoleRequest<'_>,
    tenant: &str,
    user: &str,
    min_severity: api::Severity,
) -> Result<RecentAlerts, FailedCall> {
    let request = api::StreamAlertsRequest {
        tenant_id: tenant.to_owned(),
        user_id: user.to_owned(),
        min_severity: min_severity.into(),
        ..api::StreamAlertsRequest::default()
    };
    let mut newest = page.client.stream_alerts(request.clone()).await?;
    let cursor = match newest.next().await? {
        Some(Event::Heartbeat(heartbeat)) => heartbeat.cursor,
        _ => String::new(),
    };
    drop(newest);
    let mut alerts = VecDeque::new();
    let (mut read, mut is_partial) = (0, false);
    let mut stream = page.client.stream_alerts(api::StreamAlertsRequest { from_start: true, ..request }).await?;
    while let Ok(event) = timeout(IDLE, stream.next()).await {
        let reached = match event? {
            Some(Event::Alert(alert)) => {
                let reached = alert.cursor.clone();
                alerts.push_front(alert);
                read += 1;
                reached
            }
            Some(Event::Heartbeat(heartbeat)) => heartbeat.cursor,
            Some(Event::Gap(gap)) => gap.to_cursor,
            None => break,
        };
        if alerts.len() > RECENT_ALERTS {
            alerts.pop_back();
            is_partial = true;
        }
        if reached == cursor || read == MAX_READ {
            break;
        }
    }
    Ok(RecentAlerts { alerts: alerts.into(), cursor, is_partial })
}

/// Returns the alerts after a cursor as server-sent events. Their ID is the cursor from which a browser resumes.
pub(super) async fn stream(page: &ConsoleRequest<'_>) -> PageResult {
    let query = page.query();
    let resumed = page.request.header(HeaderName::from_static("last-event-id"));
    let request = api::StreamAlertsRequest {
        tenant_id: query.get("tenant").to_owned(),
        user_id: query.get("user").to_owned(),
        min_severity: enum_value::<api::Severity>("SEVERITY_", query.get("severity"))?,
        resume_cursor: if resumed.is_empty() { query.get("cursor") } else { resumed }.to_owned(),
        ..api::StreamAlertsRequest::default()
    };
    let events = BrowserEvents {
        alerts: page.client.stream_alerts(request).await?,
        recheck: page.recheck(),
        comments: delayed_interval(COMMENT_INTERVAL),
        session_checks: delayed_interval(SESSION_INTERVAL),
        // Proxies hold the headers back until something follows.
        first: Some("retry: 2000\n: connected\n\n".to_owned()),
        has_ended: false,
    };
    let body = Body::from_stream(stream::unfold(events, |mut events| async {
        events.next().await.map(|event| (Ok::<_, std::convert::Infallible>(event), events))
    }));
    Ok(event_stream(body))
}

fn event_stream(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // Asks nginx not to buffer.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

fn delayed_interval(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// The events for one open page.
struct BrowserEvents {
    alerts: AlertReceiver,
    recheck: AdminRecheck,
    comments: Interval,
    session_checks: Interval,
    first: Option<String>,
    has_ended: bool,
}

impl BrowserEvents {
    /// Returns the next event in the format of the stream; `None` at its end.
    async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.has_ended {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                _ = self.session_checks.tick() => {
                    if !self.recheck.is_signed_in().await {
                        self.has_ended = true;
                        return Some("event: signed-out\ndata: \n\n".to_owned());
                    }
                }
                event = self.alerts.next() => return match event {
                    Ok(Some(event)) => Some(format_event(&event)),
                    // The browser connects again, and resumes.
                    Ok(None) | Err(_) => None,
                },
                _ = self.comments.tick() => return Some(":\n\n".to_owned()),
            }
        }
    }
}

/// Formats an event. The page loads itself again to show an alert, so the event has no text of clients.
fn format_event(event: &Event) -> String {
    match event {
        Event::Alert(alert) => {
            let severity = enum_label(alert.severity().as_str_name(), "SEVERITY_");
            format!("id: {}\nevent: alert\ndata: {severity}\n\n", alert.cursor)
        }
        Event::Heartbeat(heartbeat) => format!("id: {}\n\n", heartbeat.cursor),
        Event::Gap(gap) => format!("id: {}\nevent: gap\ndata: gap\n\n", gap.to_cursor),
    }
}
