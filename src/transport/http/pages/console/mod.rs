//! `/console`: sessions, users, alerts and the audit log for administrators.

mod alert_answer;
mod alerts;
mod audit;
mod console_cookie;
mod console_page;
mod criteria;
mod export_format;
mod gateway_sign_in;
mod health;
mod overview;
mod revoke;
mod search;
mod session;
mod sign_in;
mod signed_in_admin;
mod tenants;
mod user;
mod webhooks;

use std::sync::Arc;

use axum::{http::Method, response::Response};

use super::{BrowserRequest, ConsoleSettings, PageFailure, PageServer};

use console_page::{ConsoleRequest, PageResult};

const SIGN_IN: &str = "/console/sign-in";

/// Returns the response to a request below `/console`.
pub(super) async fn respond(
    server: &Arc<PageServer>,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
) -> Response {
    let (method, path) = (&request.method, request.path.as_str());
    let response = match (method, path) {
        (&Method::GET, SIGN_IN) => sign_in::show(server, settings, request).await,
        (&Method::POST, SIGN_IN) => sign_in::sign_in(server, settings, request).await,
        (&Method::POST, "/console/sign-out") => sign_in::sign_out(server, settings, request).await,
        _ => return serve_signed_in(server, settings, request).await,
    };
    response.unwrap_or_else(|failure| failure.into_response(request, ""))
}

/// Returns the response to a request of an administrator who is signed in.
async fn serve_signed_in(server: &Arc<PageServer>, settings: &ConsoleSettings, request: &BrowserRequest) -> Response {
    let admin = match signed_in_admin::authenticate(server, settings, request).await {
        Ok(admin) => admin,
        Err(failure) => return failure.into_response(request, ""),
    };
    let page = ConsoleRequest::new(server, settings, request, &admin);
    serve_page(&page).await.unwrap_or_else(|failure| failure.into_response(request, &admin.name))
}

async fn serve_page(page: &ConsoleRequest<'_>) -> PageResult {
    let (method, path) = (&page.request.method, page.request.path.as_str());
    if method == Method::POST {
        page.request.require_same_site()?;
        return match path {
            "/console/session/revoke" => session::revoke(page).await,
            "/console/user/revoke-all" => user::revoke_all(page).await,
            "/console/user/forget" => user::forget(page).await,
            "/console/revoke" => revoke::revoke(page).await,
            "/console/webhooks/test" => webhooks::test(page).await,
            "/console/webhooks/enable" => webhooks::enable(page).await,
            "/console/webhooks/replay" => webhooks::replay(page).await,
            "/console/alerts/answer" => alert_answer::answer(page).await,
            "/console/tenant/revoke-all" => tenants::revoke_all(page).await,
            _ => Err(PageFailure::NotFound),
        };
    }
    if method != Method::GET {
        return Err(PageFailure::MethodNotAllowed);
    }
    match path {
        "/console" => overview::show(page).await,
        "/console/sessions" => search::show(page).await,
        "/console/session" => session::show(page).await,
        "/console/user" => user::show(page).await,
        "/console/alerts" => alerts::show(page).await,
        "/console/alerts/stream" => alerts::stream(page).await,
        "/console/revoke" => revoke::show(page).await,
        "/console/audit" => audit::show(page).await,
        "/console/audit/export" => audit::export(page).await,
        "/console/tenants" => tenants::show_all(page).await,
        "/console/webhooks" => webhooks::show(page).await,
        "/console/tenant" => tenants::show(page).await,
        "/console/health" => health::show(page).await,
        _ => Err(PageFailure::NotFound),
    }
}
