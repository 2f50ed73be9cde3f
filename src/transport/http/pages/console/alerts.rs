//! `/console/alerts`: the latest alerts, and a stream of new ones.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{
    console_page::{ConsoleRequest, PageResult},
    criteria::enum_value,
    signed_in_admin::AdminRecheck,
};
use crate::{
    api::{self, stream_alerts_response::Event},
    transport::grpc::{AlertReceiver, FailedCall},
    web::{
        console::{AlertItem, AlertsPage, enum_label, options},
        link,
    },
};

/// The number of alerts on a page.
const PAGE_SIZE: u32 = 50;
/// The interval of comments in a stream, which keep proxies from closing it.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);
/// The interval at which the session of a stream is checked.
const SESSION_INTERVAL: Duration = Duration::from_secs(3);

const SEVERITIES: [api::Severity; 5] =
    [api::Severity::Critical, api::Severity::High, api::Severity::Medium, api::Severity::Low, api::Severity::Info];

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let query = page.query();
    let text = |name| query.get(name).to_owned();
    let (tenant, user, severity, state, token) =
        (text("tenant"), text("user"), text("severity"), text("state"), text("page"));
    // Read before the list, so that no alert is missing in both.
    let cursor = newest_cursor(page).await?;
    let request = api::ListAlertsRequest {
        tenant_id: tenant.clone(),
        user_id: user.clone(),
        min_severity: enum_value::<api::Severity>("SEVERITY_", &severity)?,
        state: enum_value::<api::AlertState>("ALERT_STATE_", &state)?,
        page_size: PAGE_SIZE,
        page_token: token.clone(),
        ..api::ListAlertsRequest::default()
    };
    let found = page.client.admin().list_alerts(request).await.map_err(FailedCall::from)?.into_inner();
    let address = |token: &str| {
        let filter = [("tenant", tenant.as_str()), ("user", &user), ("severity", &severity), ("state", &state)];
        link("/console/alerts", &[&filter[..], &[("page", token)]].concat())
    };
    let next = found.next_page_token.as_str();
    let now = page.now();
    let states = [api::AlertState::Open, api::AlertState::Answered].map(|state| state.as_str_name());
    let severities = SEVERITIES.into_iter().rev().map(|severity| severity.as_str_name());
    Ok(ConsoleRequest::page(&AlertsPage {
        layout: page.layout("Alerts"),
        severities: options(severities, "SEVERITY_", &severity),
        states: options(states, "ALERT_STATE_", &state),
        alerts: found.alerts.iter().map(|entry| AlertItem::new(entry, now)).collect(),
        next: if next.is_empty() { String::new() } else { address(next) },
        first: address(""),
        is_first: token.is_empty(),
        // A later page does not change with new alerts.
        stream: if token.is_empty() { stream_address(&tenant, &user, &severity, &cursor) } else { String::new() },
        tenant,
        user,
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

/// Returns the position after the latest alert, from which a page follows new ones.
pub(super) async fn newest_cursor(page: &ConsoleRequest<'_>) -> Result<String, FailedCall> {
    let mut newest = page.client.stream_alerts(api::StreamAlertsRequest::default()).await?;
    Ok(match newest.next().await? {
        Some(Event::Heartbeat(heartbeat)) => heartbeat.cursor,
        _ => String::new(),
    })
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
