//! `ListAlerts`.

use std::mem::take;

use tonic::Request;

use super::{filter, page::QueryFingerprint};
use crate::{
    api,
    authority::{AuditQueries, permissions::permit_tenants},
    domain::{
        CallError, FieldViolation, FieldViolations,
        alert::AlertAcknowledgement,
        limits::{MAX_RULE_NAME_BYTES, MAX_RULES, check_text_list},
        search::{AlertSearch, AlertState, ListedAlert},
    },
    transport::grpc::{
        alert::{acknowledgement, alert, parse_severity},
        call::CallContext,
        request::parse_enum,
    },
};

pub(super) async fn handle(
    queries: &AuditQueries,
    request: Request<api::ListAlertsRequest>,
) -> Result<api::ListAlertsResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let mut request = request.into_inner();
    let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
    let query = QueryFingerprint::from_request(&request);

    let mut violations = FieldViolations::default();
    let page = violations.check(query.page(size, &token));
    let tenant = violations.check(filter::tenant(&request.tenant_id)).flatten();
    violations.check(check_text_list("rules", &request.rules, MAX_RULES, MAX_RULE_NAME_BYTES));
    let mut search = AlertSearch {
        tenants: None,
        user: violations.check(filter::user(&request.user_id)).flatten(),
        rules: request.rules,
        min_severity: violations.check(parse_severity("min_severity", request.min_severity)).flatten(),
        occurred: violations.check_all(filter::parse_window("occurred", request.occurred)).unwrap_or_default(),
        state: violations.check(state(request.state)).flatten(),
    };
    let Some(page) = page else { return Err(violations.into()) };
    violations.into_result()?;
    search.tenants = permit_tenants(&call.caller, tenant)?;

    let found = queries.list_alerts(&search, page).await?;
    Ok(api::ListAlertsResponse {
        alerts: found.entries.into_iter().map(entry).collect(),
        next_page_token: query.token(found.next),
    })
}

fn entry(listed: ListedAlert) -> api::AlertEntry {
    let id = listed.alert.id;
    let answer = listed.answer.map(|answer| AlertAcknowledgement {
        verdict: answer.verdict,
        at: answer.at,
        actor: answer.actor,
        alert: id,
    });
    let state = if answer.is_some() { api::AlertState::Answered } else { api::AlertState::Open };
    api::AlertEntry {
        alert: Some(alert(listed.alert, String::new())),
        state: state.into(),
        acknowledgement: answer.map(acknowledgement),
    }
}

fn state(number: i32) -> Result<Option<AlertState>, FieldViolation> {
    Ok(match parse_enum::<api::AlertState>("state", number)? {
        api::AlertState::Unspecified => None,
        api::AlertState::Open => Some(AlertState::Open),
        api::AlertState::Answered => Some(AlertState::Answered),
    })
}
