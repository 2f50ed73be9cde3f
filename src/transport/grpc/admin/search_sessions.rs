//! `SearchSessions`.

use std::mem::take;

use tonic::Request;

use super::{
    entry::entry,
    filter::{self, end_reason},
    page::Question,
};
use crate::{
    api,
    authority::{
        Authority,
        permissions::{Method, permit, permit_among},
    },
    domain::{
        Error, Violation, Violations,
        search::{SessionSearch, SessionState},
    },
    transport::grpc::{answer::timestamp, call::Call, request::known},
};

pub(super) async fn answer(
    authority: &Authority,
    request: Request<api::SearchSessionsRequest>,
) -> Result<api::SearchSessionsResponse, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::SearchSessions)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    request.filter.get_or_insert_default();
    let question = Question::of(&request);

    let mut violations = Violations::default();
    let page = violations.take(question.page(size, &token));
    let state = violations.take(state(request.state)).flatten();
    let end_reason = violations.take(end_reason("end_reason", request.end_reason)).flatten();
    let sessions = violations.take_all(filter::within_filter(request.filter));
    let (Some(page), Some((tenant, mut filter))) = (page, sessions) else { return Err(violations.into()) };
    violations.into_result()?;
    filter.tenants = permit_among(&call.caller, Method::SearchSessions, tenant)?;

    let found = authority.search_sessions(&SessionSearch { filter, state, end_reason }, page).await?;
    Ok(api::SearchSessionsResponse {
        sessions: found.entries.into_iter().map(entry).collect(),
        next_page_token: question.token(found.next),
        complete_until: found.complete_until.map(timestamp),
    })
}

fn state(number: i32) -> Result<Option<SessionState>, Violation> {
    Ok(match known::<api::SessionState>("state", number)? {
        api::SessionState::Unspecified => None,
        api::SessionState::Live => Some(SessionState::Live),
        api::SessionState::Ended => Some(SessionState::Ended),
    })
}
