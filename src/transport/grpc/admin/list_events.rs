//! `ListEvents`.

use std::mem::take;

use prost_types::Timestamp;
use tonic::Request;

use super::{event, filter, page::Question};
use crate::{
    api,
    authority::{
        Authority,
        permissions::{Method, permit, permit_among},
    },
    domain::{
        Error, SessionId, UnixMillis, Violation, Violations,
        limits::{CAUSE_TEXT_BYTES, EVENT_KINDS},
        search::{AuditEventKind, EventPosition, EventSearch, Page, RecordingPosition},
    },
    transport::grpc::{
        answer::timestamp,
        call::Call,
        request::{known, time},
    },
};

pub(super) async fn answer(
    authority: &Authority,
    request: Request<api::ListEventsRequest>,
) -> Result<api::ListEventsResponse, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::ListEvents)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    let recorded_since = request.recorded_since.take();
    // What a later page goes on from says where it begins.
    let question = Question::of(&request);

    let mut violations = Violations::default();
    let order = violations.take(order(request.order)).unwrap_or_default();
    let page = violations.take(page(order, &question, size, &token));
    let since = violations.take(since(order, recorded_since)).flatten();
    let tenant = violations.take(filter::tenant(&request.tenant_id)).flatten();
    let mut search = EventSearch {
        tenants: None,
        user: violations.take(filter::user(&request.user_id)).flatten(),
        session: violations.take(session(&request.session_id)).flatten(),
        kinds: violations.take(kinds(&request.kinds)).unwrap_or_default(),
        end_reason: violations.take(filter::end_reason("end_reason", request.end_reason)).flatten(),
        actor: violations.take(filter::stated("actor", request.actor, CAUSE_TEXT_BYTES)).flatten(),
        country: violations.take(filter::country("country", &request.country)).flatten(),
        ip: violations.take(filter::ip_range("ip_range", &request.ip_range)).flatten(),
        occurred: violations.take_all(filter::window("occurred", request.occurred)).unwrap_or_default(),
    };
    let Some(page) = page else { return Err(violations.into()) };
    violations.into_result()?;
    search.tenants = permit_among(&call.caller, Method::ListEvents, tenant)?;

    Ok(match page {
        EventPage::LatestFirst(page) => {
            let found = authority.list_events(&search, page).await?;
            api::ListEventsResponse {
                events: found.entries.into_iter().map(event::event).collect(),
                next_page_token: question.token(found.next),
                complete_until: found.complete_until.map(timestamp),
                resume_token: String::new(),
            }
        }
        EventPage::Recorded(page) => {
            let (found, complete_until) = authority.list_recorded(&search, since, page).await?;
            let resume_token = question.token(Some(found.resume));
            api::ListEventsResponse {
                events: found.events.into_iter().map(event::event).collect(),
                next_page_token: if found.more { resume_token.clone() } else { String::new() },
                complete_until: complete_until.map(timestamp),
                resume_token,
            }
        }
    })
}

/// A page, in one of the orders.
enum EventPage {
    LatestFirst(Page<EventPosition>),
    Recorded(Page<RecordingPosition>),
}

fn order(number: i32) -> Result<api::EventOrder, Violation> {
    known("order", number)
}

fn page(order: api::EventOrder, question: &Question, size: u32, token: &str) -> Result<EventPage, Violation> {
    match order {
        api::EventOrder::Unspecified | api::EventOrder::LatestFirst => {
            question.page(size, token).map(EventPage::LatestFirst)
        }
        api::EventOrder::Recorded => question.page(size, token).map(EventPage::Recorded),
    }
}

fn since(order: api::EventOrder, since: Option<Timestamp>) -> Result<Option<UnixMillis>, Violation> {
    if since.is_some() && order != api::EventOrder::Recorded {
        return Err(Violation::new("recorded_since", "is only for the order EVENT_ORDER_RECORDED"));
    }
    time("recorded_since", since)
}

fn session(id: &str) -> Result<Option<SessionId>, Violation> {
    if id.is_empty() { Ok(None) } else { id.parse().map(Some) }
}

fn kinds(numbers: &[i32]) -> Result<Vec<AuditEventKind>, Violation> {
    if numbers.len() > EVENT_KINDS {
        let text = format!("has {} entries; at most {EVENT_KINDS} are allowed", numbers.len());
        return Err(Violation::new("kinds", text));
    }
    numbers.iter().map(|number| kind(*number)).collect()
}

fn kind(number: i32) -> Result<AuditEventKind, Violation> {
    let wire = known::<api::AuditEventKind>("kinds", number)?;
    let kind = AuditEventKind::ALL.into_iter().find(|kind| event::kind(*kind) == wire);
    kind.ok_or_else(|| Violation::new("kinds", "holds one that is unspecified"))
}
