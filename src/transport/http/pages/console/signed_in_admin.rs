//! The administrator who is signed in to the console.

use std::sync::Arc;

use axum::http::Method;

use super::{
    super::{BrowserRequest, ConsoleSettings, PageFailure, PageServer, server_callers},
    SIGN_IN,
    console_cookie::ConsoleCredential,
    gateway_sign_in::names_somebody_else,
};
use crate::{
    api::{self, validate_response::Outcome},
    domain::{BearerToken, CallerRole},
    transport::grpc::{FailedCall, LocalCaller},
};

/// An administrator with a session of this authority.
pub(super) struct SignedInAdmin {
    /// The name that the administrator stated, for the audit log.
    pub(super) name: String,
    pub(super) key_id: Arc<str>,
    pub(super) token: BearerToken,
}

impl SignedInAdmin {
    /// Returns the caller of the calls that this administrator makes.
    pub(super) fn local_caller(&self) -> LocalCaller {
        LocalCaller::KeyHolder(Arc::clone(&self.key_id))
    }
}

/// Returns the administrator of a request. The session must be active, and the key must still be usable.
pub(super) async fn authenticate(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
) -> Result<SignedInAdmin, PageFailure> {
    let not_signed_in = || PageFailure::NotSignedIn { login_url: SIGN_IN.to_owned() };
    let has_tls = server.settings.has_tls;
    let credential =
        ConsoleCredential::from_request(request, has_tls, &settings.cookie_key).ok_or_else(not_signed_in)?;
    let is_change = request.method != Method::GET;
    // A page that refreshes itself does not keep its session active.
    let is_refresh = request.headers.contains_key("x-page-refresh");
    let activity = if is_refresh { api::Activity::Peek } else { api::Activity::Touch };
    let name = validate(server, settings, request, &credential.token, is_change, activity).await?;
    let name = name.ok_or_else(not_signed_in)?;
    if names_somebody_else(settings, request, &name) {
        return Err(not_signed_in());
    }
    let authenticator = server.calls.gate.authenticator();
    let caller = authenticator.authenticate_key_id(&credential.key_id).map_err(|_| not_signed_in())?;
    if caller.role != Some(CallerRole::Admin) {
        return Err(not_signed_in());
    }
    Ok(SignedInAdmin { name, key_id: credential.key_id.into(), token: credential.token })
}

/// The check whether an administrator is still signed in, while a response is being sent.
pub(super) struct AdminRecheck {
    server: Arc<PageServer>,
    request: BrowserRequest,
    token: BearerToken,
    key_id: Arc<str>,
}

impl AdminRecheck {
    pub(super) fn new(server: &Arc<PageServer>, request: &BrowserRequest, admin: &SignedInAdmin) -> Self {
        Self {
            server: Arc::clone(server),
            request: request.clone(),
            token: admin.token.clone(),
            key_id: Arc::clone(&admin.key_id),
        }
    }

    /// Returns whether the session is active and the key can be used. Without a verdict, the administrator is not
    /// signed in.
    pub(super) async fn is_signed_in(&self) -> bool {
        let Some(settings) = &self.server.settings.console else { return false };
        let is_key_usable = self.server.calls.gate.authenticator().authenticate_key_id(&self.key_id).is_ok();
        let activity = api::Activity::Peek;
        let session = validate(&self.server, settings, &self.request, &self.token, false, activity);
        is_key_usable && matches!(session.await, Ok(Some(_)))
    }
}

/// Returns the name of the administrator whose session the token opens; `None` if it opens none. With `strong`, every
/// change that was acknowledged before counts.
pub(super) async fn validate(
    server: &PageServer,
    settings: &ConsoleSettings,
    request: &BrowserRequest,
    token: &BearerToken,
    strong: bool,
    activity: api::Activity,
) -> Result<Option<String>, FailedCall> {
    let consistency = if strong { api::Consistency::Strong } else { api::Consistency::Bounded };
    let validation = api::ValidateRequest {
        token: token.as_str().to_owned(),
        client: Some(request.client_context()),
        consistency: consistency.into(),
        activity: activity.into(),
        ..api::ValidateRequest::default()
    };
    let validator = server.client(server_callers::console_issuer(&settings.tenant), request);
    let verdict = validator.sessions().validate(validation).await.map_err(FailedCall::from)?.into_inner();
    Ok(match verdict.outcome {
        Some(Outcome::Session(session)) if session.tenant_id == settings.tenant => Some(session.user_id),
        _ => None,
    })
}
