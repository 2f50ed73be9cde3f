//! `ListEvents`.

use std::mem::take;

use prost_types::Timestamp;
use tonic::Request;

use super::{event, filter, page::QueryFingerprint};
use crate::{
    api,
    authority::{AuditQueries, permissions::permit_tenants},
    domain::{
        CallError, FieldViolation, FieldViolations, SessionId, UnixMillis,
        limits::{MAX_CAUSE_TEXT_BYTES, MAX_EVENT_KINDS},
        search::{AuditEventKind, EventPosition, EventSearch, PageRequest, RecordingPosition},
    },
    transport::grpc::{
        call::CallContext,
        request::{parse_enum, parse_timestamp},
        response::timestamp,
    },
};

pub(super) async fn handle(
    queries: &AuditQueries,
    request: Request<api::ListEventsRequest>,
) -> Result<api::ListEventsResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    let recorded_since = request.recorded_since.take();
    // A later page continues from its page token, not from this time.
    let query = QueryFingerprint::from_request(&request);

    let mut violations = FieldViolations::default();
    let order = violations.check(order(request.order)).unwrap_or_default();
    let page = violations.check(page(order, &query, size, &token));
    let since = violations.check(since(order, recorded_since)).flatten();
    let tenant = violations.check(filter::tenant(&request.tenant_id)).flatten();
    let mut search = EventSearch {
        tenants: None,
        user: violations.check(filter::user(&request.user_id)).flatten(),
        session: violations.check(session(&request.session_id)).flatten(),
        kinds: violations.check(kinds(&request.kinds)).unwrap_or_default(),
        end_reason: violations.check(filter::end_reason("end_reason", request.end_reason)).flatten(),
        actor: violations.check(filter::optional_filter_text("actor", request.actor, MAX_CAUSE_TEXT_BYTES)).flatten(),
        country: violations.check(filter::country("country", &request.country)).flatten(),
        ip: violations.check(filter::ip_range("ip_range", &request.ip_range)).flatten(),
        occurred: violations.check_all(filter::parse_window("occurred", request.occurred)).unwrap_or_default(),
    };
    let Some(page) = page else { return Err(violations.into()) };
    violations.into_result()?;
    search.tenants = permit_tenants(&call.caller, tenant)?;

    Ok(match page {
        EventPage::LatestFirst(page) => {
            let found = queries.list_events(&search, page).await?;
            api::ListEventsResponse {
                events: found.entries.into_iter().map(event::event).collect(),
                next_page_token: query.token(found.next),
                complete_until: found.complete_until.map(timestamp),
                resume_token: String::new(),
            }
        }
        EventPage::Recorded(page) => {
            let (found, complete_until) = queries.list_recorded(&search, since, page).await?;
            let resume_token = query.token(Some(found.resume));
            api::ListEventsResponse {
                events: found.events.into_iter().map(event::event).collect(),
                next_page_token: if found.has_more { resume_token.clone() } else { String::new() },
                complete_until: complete_until.map(timestamp),
                resume_token,
            }
        }
    })
}

/// A page in one of the orders.
enum EventPage {
    LatestFirst(PageRequest<EventPosition>),
    Recorded(PageRequest<RecordingPosition>),
}

fn order(number: i32) -> Result<api::EventOrder, FieldViolation> {
    parse_enum("order", number)
}

fn page(order: api::EventOrder, query: &QueryFingerprint, size: u32, token: &str) -> Result<EventPage, FieldViolation> {
    match order {
        api::EventOrder::Unspecified | api::EventOrder::LatestFirst => {
            query.page(size, token).map(EventPage::LatestFirst)
        }
        api::EventOrder::Recorded => query.page(size, token).map(EventPage::Recorded),
    }
}

fn since(order: api::EventOrder, since: Option<Timestamp>) -> Result<Option<UnixMillis>, FieldViolation> {
    if since.is_some() && order != api::EventOrder::Recorded {
        return Err(FieldViolation::new("recorded_since", "is only allowed with EVENT_ORDER_RECORDED"));
    }
    parse_timestamp("recorded_since", since)
}

fn session(id: &str) -> Result<Option<SessionId>, FieldViolation> {
    if id.is_empty() { Ok(None) } else { id.parse().map(Some) }
}

fn kinds(numbers: &[i32]) -> Result<Vec<AuditEventKind>, FieldViolation> {
    if numbers.len() > MAX_EVENT_KINDS {
        let text = format!("has {} entries; at most {MAX_EVENT_KINDS} are allowed", numbers.len());
        return Err(FieldViolation::new("kinds", text));
    }
    numbers.iter().map(|number| kind(*number)).collect()
}

fn kind(number: i32) -> Result<AuditEventKind, FieldViolation> {
    let wire = parse_enum::<api::AuditEventKind>("kinds", number)?;
    let kind = AuditEventKind::ALL.into_iter().find(|kind| event::kind(*kind) == wire);
    kind.ok_or_else(|| FieldViolation::new("kinds", "contains an unspecified value"))
}
