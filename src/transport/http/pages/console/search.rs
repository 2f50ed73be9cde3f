//! `/console/sessions`: the search for sessions.

use super::{
    console_page::{ConsoleRequest, PageResult},
    criteria::{enum_value, read_criteria, session_filter},
};
use crate::{
    api,
    transport::grpc::FailedCall,
    web::{
        Language, PageTime,
        console::{SessionRow, SessionsPage},
    },
};

const PAGE_SIZE: u32 = 50;

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let search = read_criteria(page.query());
    let page_token = page.query().get("page");
    let request = api::SearchSessionsRequest {
        filter: Some(session_filter(&search)?),
        state: enum_value::<api::SessionState>("SESSION_STATE_", &search.state)?,
        end_reason: enum_value::<api::EndReason>("END_REASON_", &search.end_reason)?,
        page_size: PAGE_SIZE,
        page_token: page_token.to_owned(),
    };
    let found = page.client.admin().search_sessions(request).await.map_err(FailedCall::from)?.into_inner();
    let now = page.now();
    let next = if found.next_page_token.is_empty() { String::new() } else { search.address(&found.next_page_token) };
    Ok(ConsoleRequest::page(&SessionsPage {
        layout: page.layout("Sessions"),
        sessions: found.sessions.iter().map(|entry| SessionRow::from_entry(entry, now)).collect(),
        search,
        next,
        is_first: page_token.is_empty(),
        complete_until: PageTime::new(found.complete_until, now, Language::English),
    }))
}
