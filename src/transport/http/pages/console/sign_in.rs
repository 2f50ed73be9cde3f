//! Signing in to the console, and out.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    super::{BrowserRequest, ConsoleSettings, PageFailure, PageServer, page_response, server_callers},
    SIGN_IN,
    console_cookie::{ConsoleCredential, remove_cookie},
    gateway_sign_in::GatewaySignIn,
};
use crate::{
    api::{self, revoke_request::Target},
    authority::PresentedCredentials,
    domain::{BearerToken, CallError, FieldViolation, UserId},
    transport::grpc::{FailedCall, RpcError, methods::CONSOLE_SIGN_IN, status},
    web::{PageLayout, console::SignInPage, link},
};

/// The authentication method of the sessions: a software-secured key (RFC 8176).
const METHOD: &str = "swk";

/// Returns the page with the form, or signs in the administrator whom a trusted gateway names.
pub(super) async fn show(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
) -> Result<Response, PageFailure> {
    let query = &request.query;
    let to = destination(query.get("to"));
    if query.get("done") == "signed-out" {
        return Ok(form_page(StatusCode::OK, to, "", "You are signed out.", ""));
    }
    match GatewaySignIn::from_request(settings, request) {
        Some(GatewaySignIn { name, key }) => {
            open_session(server, settings, request, ConsoleSignIn { key, name, to }).await
        }
        None => Ok(form_page(StatusCode::OK, to, "", "", "")),
    }
}

fn form_page(status: StatusCode, to: &str, name: &str, notice: &'static str, problem: &str) -> Response {
    let layout = PageLayout::console("Sign in", SIGN_IN, "");
    let page = SignInPage { layout, to: to.to_owned(), name: name.into(), notice, problem: problem.to_owned() };
    page_response::page(status, &page)
}

/// Returns the page to which a sign-in leads: one of the console.
fn destination(to: &str) -> &str {
    let is_page = to == "/console" || to.starts_with("/console/") || to.starts_with("/console?");
    if is_page && !to.contains(|c: char| c.is_control() || c == '\\') && !to.starts_with(SIGN_IN) {
        to
    } else {
        "/console"
    }
}

/// Signs in with an API key.
pub(super) async fn sign_in(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
) -> Result<Response, PageFailure> {
    request.require_same_site()?;
    let form = &request.form;
    let attempt = ConsoleSignIn { key: form.get("key"), name: form.get("name"), to: destination(form.get("to")) };
    open_session(server, settings, request, attempt).await
}

/// The credentials that a person or a gateway presents, and the page to which the sign-in leads.
struct ConsoleSignIn<'a> {
    key: &'a str,
    name: &'a str,
    to: &'a str,
}

/// Creates the session of an administrator. A key that is not accepted leads to the form again.
async fn open_session(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
    ConsoleSignIn { key, name, to }: ConsoleSignIn<'_>,
) -> Result<Response, PageFailure> {
    let refuse = |status, problem: &str| Ok(form_page(status, to, name, "", problem));
    if let Err(FieldViolation { description, .. }) = UserId::new(name) {
        return refuse(StatusCode::BAD_REQUEST, &format!("Your name {description}."));
    }
    if key.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "Enter an API key of role admin.");
    }
    let now = server.calls.gate.now();
    let address = request.client.unwrap_or_else(|| request.connection.connection.remote().ip());
    let limited = |retry_after| PageFailure::SignInsLimited { retry_after };
    server.sign_in_limiter.admit(address, now).map_err(limited)?;
    let mut headers = request.headers.clone();
    if let Ok(id) = HeaderValue::from_str(&request.request_id) {
        headers.insert("x-request-id", id);
    }
    let mut call = server.calls.begin(&CONSOLE_SIGN_IN, &headers, &request.connection);
    match call.authorize(Some(key)) {
        Ok(_) => server.sign_in_limiter.forgive(address),
        Err(error) => {
            call.set_failure(Some(&error));
            let (_, detail) = status::describe(&error);
            return match error {
                RpcError::UseCase(CallError::Unauthenticated(_)) => {
                    refuse(StatusCode::UNAUTHORIZED, &format!("This key is not accepted: {detail}."))
                }
                RpcError::UseCase(CallError::PermissionDenied(_)) => {
                    refuse(StatusCode::FORBIDDEN, "This key is not one of role admin.")
                }
                error => Err(FailedCall::from(&error).into()),
            };
        }
    }
    let presented = PresentedCredentials { key: Some(key), certificate: None };
    let key_id = server.calls.gate.authenticator().identify(presented).credential.unwrap_or_default();
    let creation = api::CreateRequest {
        tenant_id: settings.tenant.clone(),
        user_id: name.to_owned(),
        client: Some(request.client_context()),
        policy: settings.policy.clone(),
        auth_methods: vec![METHOD.to_owned()],
        assurance_level: 1,
        ..api::CreateRequest::default()
    };
    let issuer = server.client(server_callers::console_issuer(&settings.tenant), request);
    let created = issuer.sessions().create(creation).await.map_err(FailedCall::from);
    call.set_failure(None);
    let credential = ConsoleCredential { token: BearerToken::new(created?.into_inner().token), key_id };
    let cookie = credential.set_cookie(request, server.settings.has_tls, &settings.cookie_key);
    Ok(with_cookie(page_response::see_other(to), &cookie))
}

/// Ends the session of the administrator.
pub(super) async fn sign_out(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
) -> Result<Response, PageFailure> {
    request.require_same_site()?;
    let has_tls = server.settings.has_tls;
    if let Some(credential) = ConsoleCredential::from_request(request, has_tls, &settings.cookie_key) {
        let revocation = api::RevokeRequest {
            tenant_id: settings.tenant.clone(),
            target: Some(Target::Token(credential.token.into_string())),
            sign_out: true,
            ..api::RevokeRequest::default()
        };
        let issuer = server.client(server_callers::console_issuer(&settings.tenant), request);
        issuer.sessions().revoke(revocation).await.map_err(FailedCall::from)?;
    }
    let signed_out = page_response::see_other(&link(SIGN_IN, &[("done", "signed-out")]));
    Ok(with_cookie(signed_out, &remove_cookie(request, has_tls)))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_a_page_of_the_console_only() {
        for (to, expected) in [
            ("/console/sessions?user=ann", "/console/sessions?user=ann"),
            ("/console", "/console"),
            ("", "/console"),
            ("//evil.example/console", "/console"),
            ("https://evil.example", "/console"),
            ("/console.evil.example", "/console"),
            ("/console/\\evil.example", "/console"),
            ("/console/a\r\nset-cookie: b", "/console"),
            ("/console/sign-in?to=/console", "/console"),
        ] {
            assert_eq!(destination(to), expected, "{to}");
        }
    }
}
