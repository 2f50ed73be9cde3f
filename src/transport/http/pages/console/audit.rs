//! `/console/audit`: the search in the audit log, and its export.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use futures_util::stream;

use super::{
    super::{PageFailure, browser_request::FormFields},
    console_page::{ConsoleRequest, PageResult},
    criteria::{enum_value, window},
    export_format::EventFileFormat,
    signed_in_admin::AdminRecheck,
};
use crate::{
    api,
    transport::grpc::{ContractClient, FailedCall},
    web::{
        Language, PageTime,
        console::{AuditFilter, AuditPage, EventRow},
    },
};

const PAGE_SIZE: u32 = 50;
const EXPORT_PAGE_SIZE: u32 = 200;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let filter = read_filter(page.query());
    let page_token = page.query().get("page");
    let request = api::ListEventsRequest { page_token: page_token.to_owned(), ..events_request(&filter, PAGE_SIZE)? };
    let found = page.client.admin().list_events(request).await.map_err(FailedCall::from)?.into_inner();
    let now = page.now();
    let next = if found.next_page_token.is_empty() { String::new() } else { filter.address(&found.next_page_token) };
    Ok(ConsoleRequest::page(&AuditPage {
        layout: page.layout("Audit log"),
        events: found.events.iter().map(|event| EventRow::new(event, now)).collect(),
        filter,
        next,
        is_first: page_token.is_empty(),
        complete_until: PageTime::new(found.complete_until, now, Language::English),
    }))
}

fn read_filter(fields: &FormFields) -> AuditFilter {
    let text = |name| fields.get(name).to_owned();
    AuditFilter {
        tenant: text("tenant"),
        user: text("user"),
        session_id: text("session_id"),
        actor: text("actor"),
        country: text("country").to_uppercase(),
        ip_range: text("ip_range"),
        since: text("since"),
        until: text("until"),
        kind: text("kind"),
        end_reason: text("end_reason"),
    }
}

fn events_request(filter: &AuditFilter, page_size: u32) -> Result<api::ListEventsRequest, PageFailure> {
    let kind = enum_value::<api::AuditEventKind>("AUDIT_EVENT_KIND_", &filter.kind)?;
    Ok(api::ListEventsRequest {
        tenant_id: filter.tenant.clone(),
        user_id: filter.user.clone(),
        session_id: filter.session_id.clone(),
        kinds: if kind == 0 { Vec::new() } else { vec![kind] },
        end_reason: enum_value::<api::EndReason>("END_REASON_", &filter.end_reason)?,
        actor: filter.actor.clone(),
        country: filter.country.clone(),
        ip_range: filter.ip_range.clone(),
        occurred: window(&filter.since, &filter.until)?,
        page_size,
        ..api::ListEventsRequest::default()
    })
}

/// Returns all events that match, page by page as the browser receives them.
pub(super) async fn export(page: &ConsoleRequest<'_>) -> PageResult {
    let format = EventFileFormat::from_name(page.query().get("format"))
        .ok_or_else(|| PageFailure::Invalid("The format must be csv or jsonl.".to_owned()))?;
    let mut export = EventExport {
        client: page.client.clone(),
        request: events_request(&read_filter(page.query()), EXPORT_PAGE_SIZE)?,
        recheck: page.recheck(),
        format,
        has_ended: false,
    };
    // A failure to read the first page is a page of its own; a later one ends the file early.
    let first = export.next().await.transpose()?.unwrap_or_default();
    let first = format!("{}{first}", format.header());
    let rest = stream::unfold(export, |mut export| async {
        let next = export.next().await?;
        Some((next.map_err(|failed| std::io::Error::other(failed.message)), export))
    });
    let body = Body::from_stream(stream::StreamExt::chain(stream::iter([Ok(first)]), rest));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(format.content_disposition())),
    ];
    Ok((headers, body).into_response())
}

/// An export in progress.
struct EventExport {
    client: ContractClient,
    request: api::ListEventsRequest,
    recheck: AdminRecheck,
    format: EventFileFormat,
    has_ended: bool,
}

impl EventExport {
    /// Returns the next page of events; `None` after the last one. The administrator must still be signed in.
    async fn next(&mut self) -> Option<Result<String, FailedCall>> {
        if self.has_ended {
            return None;
        }
        let read = self.client.admin().list_events(self.request.clone()).await.map_err(FailedCall::from);
        let page = match read {
            Ok(page) => page.into_inner(),
            Err(failed) => {
                self.has_ended = true;
                return Some(Err(failed));
            }
        };
        self.has_ended = page.next_page_token.is_empty() || !self.recheck.is_signed_in().await;
        self.request.page_token = page.next_page_token;
        Some(Ok(page.events.iter().map(|event| self.format.format(event)).collect()))
    }
}
