//! `/account/alerts/{token}`: the page behind the links of notifications.
//!
//! A request with GET changes nothing, because programs that check mails follow links. Anyone who has the link may answer,
//! so the page needs no session.

use std::time::Duration;

use axum::{
    http::{Method, StatusCode},
    response::Response,
};

use super::{BrowserRequest, PageFailure, PageServer, page_failure::language, page_response, server_callers};
use crate::{
    api,
    transport::grpc::FailedCall,
    web::{
        Language, PageLayout, ProblemPage,
        account::{AccountText, AlertLinkPage},
    },
};

/// The path before the token.
pub(super) const PREFIX: &str = "/account/alerts/";

/// Returns the response to a request for a link.
pub(super) async fn respond(server: &PageServer, request: &BrowserRequest, token: &str) -> Response {
    let language = language(request);
    let response = match request.method {
        Method::GET => ask(server, request, token, language).await,
        Method::POST => answer(server, request, token, language).await,
        _ => Err(PageFailure::MethodNotAllowed),
    };
    response.unwrap_or_else(|failure| failure.into_response(request, ""))
}

/// Asks for a confirmation of the answer.
async fn ask(
    server: &PageServer,
    request: &BrowserRequest,
    token: &str,
    language: Language,
) -> Result<Response, PageFailure> {
    let checked = match call(server, request, token, true).await {
        Ok(checked) => checked,
        Err(failed) => return explain(failed, language),
    };
    let was_me = checked.verdict() == api::AlertVerdict::WasMe;
    Ok(page_response::page(StatusCode::OK, &AlertLinkPage::new(&request.path, was_me, language)))
}

/// Gives the answer.
async fn answer(
    server: &PageServer,
    request: &BrowserRequest,
    token: &str,
    language: Language,
) -> Result<Response, PageFailure> {
    request.require_same_site()?;
    let answered = match call(server, request, token, false).await {
        Ok(answered) => answered,
        Err(failed) => return explain(failed, language),
    };
    let text = AccountText::in_language(language);
    let done = match (answered.already_answered, answered.verdict()) {
        (true, _) => text.link_already_answered,
        (false, api::AlertVerdict::WasMe) => text.link_done_was_me,
        (false, _) => text.link_done_was_not_me,
    };
    Ok(message(StatusCode::OK, text.link_done_heading, done, language))
}

/// Checks or redeems the token. Tokens that are none are limited as failed sign-ins are.
async fn call(
    server: &PageServer,
    request: &BrowserRequest,
    token: &str,
    validate_only: bool,
) -> Result<api::AnswerLinkResponse, LinkFailure> {
    let now = server.calls.gate.now();
    let address = request.client.unwrap_or_else(|| request.connection.connection.remote().ip());
    server.link_limiter.admit(address, now).map_err(LinkFailure::Limited)?;
    let call = api::AnswerLinkRequest { token: token.to_owned(), validate_only };
    let client = server.client(server_callers::link_answerer(), request);
    let answered = client.notifications().answer_link(call).await.map_err(FailedCall::from);
    if !matches!(&answered, Err(failed) if matches!(failed.reason.as_str(), "ALERT_LINK_INVALID" | "INVALID_FIELD")) {
        server.link_limiter.forgive(address);
    }
    Ok(answered?.into_inner())
}

/// The reason that a link is not checked or redeemed.
enum LinkFailure {
    Limited(Duration),
    Call(FailedCall),
}

impl From<FailedCall> for LinkFailure {
    fn from(failed: FailedCall) -> Self {
        Self::Call(failed)
    }
}

/// Returns the page about a link that gives no answer, or the failure.
fn explain(failure: LinkFailure, language: Language) -> Result<Response, PageFailure> {
    let text = AccountText::in_language(language);
    let failed = match failure {
        LinkFailure::Limited(retry_after) => return Err(PageFailure::SignInsLimited { retry_after }),
        LinkFailure::Call(failed) => failed,
    };
    let (status, heading, explanation) = match failed.reason.as_str() {
        "ALERT_LINK_EXPIRED" => (StatusCode::GONE, text.link_expired_heading, text.link_expired),
        "ALERT_ALREADY_ANSWERED" => (StatusCode::CONFLICT, text.link_done_heading, text.link_other_answer),
        "ALERT_LINK_INVALID" | "INVALID_FIELD" | "ALERT_NOT_FOUND" | "ALERT_WITHOUT_USER" => {
            (StatusCode::NOT_FOUND, text.link_invalid_heading, text.link_invalid)
        }
        _ => return Err(failed.into()),
    };
    Ok(message(status, heading, explanation, language))
}

fn message(status: StatusCode, heading: &str, text: &str, language: Language) -> Response {
    let layout = PageLayout::account(heading, "", language);
    let (heading, text, next) = (heading.to_owned(), text.into(), (String::new(), String::new()));
    page_response::page(status, &ProblemPage { layout, heading, text, next, request_id: String::new() })
}
