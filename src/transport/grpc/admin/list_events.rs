//! `ListEvents`.

use std::mem::take;

use tonic::Request;

use super::{event, filter, page::Question};
use crate::{
    api,
    authority::{
        Authority,
        permissions::{Method, permit, permit_among},
    },
    domain::{
        Error, SessionId, Violation, Violations,
        limits::{CAUSE_TEXT_BYTES, EVENT_KINDS},
        search::{AuditEventKind, EventSearch},
    },
    transport::grpc::{answer::timestamp, call::Call, request::known},
};

pub(super) async fn answer(
    authority: &Authority,
    request: Request<api::ListEventsRequest>,
) -> Result<api::ListEventsResponse, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::ListEvents)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    let question = Question::of(&request);

    let mut violations = Violations::default();
    let page = violations.take(question.page(size, &token));
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
        occurred: violations.take(filter::window("occurred", request.occurred)).unwrap_or_default(),
    };
    let Some(page) = page else { return Err(violations.into()) };
    violations.into_result()?;
    search.tenants = permit_among(&call.caller, Method::ListEvents, tenant)?;

    let found = authority.list_events(&search, page).await?;
    Ok(api::ListEventsResponse {
        events: found.entries.into_iter().map(event::event).collect(),
        next_page_token: question.token(found.next),
        complete_until: found.complete_until.map(timestamp),
    })
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
