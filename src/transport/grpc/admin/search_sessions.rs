//! `SearchSessions`.

use std::mem::take;

use tonic::Request;

use super::{
    entry::entry,
    filter::{self, end_reason},
    page::QueryFingerprint,
};
use crate::{
    api,
    authority::{AuditQueries, permissions::permit_tenants},
    domain::{
        CallError, FieldViolation, FieldViolations,
        search::{SessionSearch, SessionState},
    },
    transport::grpc::{call::CallContext, request::parse_enum, response::timestamp},
};

pub(super) async fn handle(
    queries: &AuditQueries,
    request: Request<api::SearchSessionsRequest>,
) -> Result<api::SearchSessionsResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    request.filter.get_or_insert_default();
    let query = QueryFingerprint::from_request(&request);

    let mut violations = FieldViolations::default();
    let page = violations.check(query.page(size, &token));
    let state = violations.check(state(request.state)).flatten();
    let end_reason = violations.check(end_reason("end_reason", request.end_reason)).flatten();
    let sessions = violations.check_all(filter::parse_filter_field(request.filter));
    let (Some(page), Some((tenant, mut filter))) = (page, sessions) else { return Err(violations.into()) };
    violations.into_result()?;
    filter.tenants = permit_tenants(&call.caller, tenant)?;

    let found = queries.search_sessions(&SessionSearch { filter, state, end_reason }, page).await?;
    Ok(api::SearchSessionsResponse {
        sessions: found.entries.into_iter().map(entry).collect(),
        next_page_token: query.token(found.next),
        complete_until: found.complete_until.map(timestamp),
    })
}

fn state(number: i32) -> Result<Option<SessionState>, FieldViolation> {
    Ok(match parse_enum::<api::SessionState>("state", number)? {
        api::SessionState::Unspecified => None,
        api::SessionState::Live => Some(SessionState::Live),
        api::SessionState::Ended => Some(SessionState::Ended),
    })
}
