//! `/account/sessions`: the signed-in user's own sessions.

use std::time::Duration;

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

use super::{
    AccountSettings, BrowserRequest, PageFailure, PageServer, page_failure::language, page_response, server_callers,
};
use crate::{
    api::{self, AuditEventKind, revoke_all_request::Scope, revoke_request::Target, validate_response::Outcome},
    gateway::{PresentedCredential, find_token},
    transport::grpc::{FailedCall, timestamp},
    web::{
        Language, PageLayout, ProblemPage,
        account::{AccountPage, AccountText, AlertQuestion, SignInAttempt, UserSession},
        link,
    },
};

const PAGE: &str = "/account/sessions";
/// The number of recent sign-ins that are shown.
const SIGN_INS: u32 = 10;
/// The number of alerts that are considered, and their age.
const ALERTS: u32 = 20;
const ALERT_AGE: Duration = Duration::from_hours(30 * 24);
/// The maximum number of alerts that one form answers. A sign-in has fewer.
const MAX_ANSWERED_ALERTS: usize = 16;

/// Returns the response to a request below `/account`.
pub(super) async fn respond(server: &PageServer, settings: &AccountSettings, request: &BrowserRequest) -> Response {
    let page = AccountRequest { server, settings, request, language: language(request) };
    page.serve().await.unwrap_or_else(|failure| failure.into_response(request, ""))
}

/// A request to the page.
struct AccountRequest<'a> {
    server: &'a PageServer,
    settings: &'a AccountSettings,
    request: &'a BrowserRequest,
    language: Language,
}

impl AccountRequest<'_> {
    async fn serve(&self) -> Result<Response, PageFailure> {
        match (&self.request.method, self.request.path.as_str()) {
            (&Method::GET, PAGE) => self.show().await,
            (&Method::POST, "/account/sessions/revoke") => self.revoke().await,
            (&Method::POST, "/account/sessions/revoke-others") => self.revoke_others().await,
            (&Method::POST, "/account/sessions/answer") => self.answer_alerts().await,
            (_, PAGE | "/account/sessions/revoke" | "/account/sessions/revoke-others" | "/account/sessions/answer") => {
                Err(PageFailure::MethodNotAllowed)
            }
            _ => Err(PageFailure::NotFound),
        }
    }

    async fn show(&self) -> Result<Response, PageFailure> {
        let user = self.signed_in_user(false).await?;
        let api::Session { tenant_id, user_id, session_id, .. } = &user;
        let list = api::ListRequest {
            tenant_id: tenant_id.clone(),
            user_id: user_id.clone(),
            current_session_id: session_id.clone(),
        };
        let backend = self.server.client(server_callers::account_backend(tenant_id), self.request);
        let sessions = backend.sessions().list(list).await.map_err(FailedCall::from)?.into_inner().sessions;
        let now = self.server.calls.gate.now();
        let text = AccountText::in_language(self.language);
        let other = |language: Language| (link(PAGE, &[("lang", language.tag())]), language);
        let mut sessions: Vec<_> =
            sessions.iter().map(|session| UserSession::new(session, now, self.language)).collect();
        // The sort is stable: the others stay in the order of their activity.
        sessions.sort_by_key(|session| !session.is_current);
        let page = AccountPage {
            layout: PageLayout::account(text.title, user_id, self.language),
            text,
            notice: self.notice(text),
            sessions,
            alerts: self.open_alerts(&user).await,
            sign_ins: self.recent_sign_ins(&user).await,
            other_languages: Language::ALL.into_iter().filter(|own| *own != self.language).map(other).collect(),
        };
        Ok(page_response::page(StatusCode::OK, &page))
    }

    /// Returns the result of the request that led to this page.
    fn notice(&self, text: &AccountText) -> String {
        let query = &self.request.query;
        match query.get("done") {
            "ended" => text.ended_one.to_owned(),
            "none" => text.ended_none.to_owned(),
            "was-me" => text.answered_was_me.to_owned(),
            "was-not-me" => text.answered_was_not_me.to_owned(),
            "others" => {
                let count = query.get("count").parse::<u64>().unwrap_or_default();
                text.ended_others.replace("{count}", &count.to_string())
            }
            _ => String::new(),
        }
    }

    /// Returns the recent sign-ins and failures; `None` if the audit log cannot be read.
    async fn recent_sign_ins(&self, session: &api::Session) -> Option<Vec<SignInAttempt>> {
        let reader = self.server.client(server_callers::account_reader(&session.tenant_id), self.request);
        let kinds = [AuditEventKind::SessionCreated, AuditEventKind::AuthFailed];
        let list = api::ListEventsRequest {
            tenant_id: session.tenant_id.clone(),
            user_id: session.user_id.clone(),
            kinds: kinds.map(Into::into).to_vec(),
            page_size: SIGN_INS,
            ..api::ListEventsRequest::default()
        };
        let events = reader.admin().list_events(list).await.ok()?.into_inner().events;
        let now = self.server.calls.gate.now();
        Some(events.iter().map(|event| SignInAttempt::new(event, now, self.language)).collect())
    }

    /// Returns what the user is asked about: alerts of the last 30 days without an answer, one entry for each sign-in.
    /// Empty if the audit log cannot be read.
    async fn open_alerts(&self, session: &api::Session) -> Vec<AlertQuestion> {
        let reader = self.server.client(server_callers::account_reader(&session.tenant_id), self.request);
        let now = self.server.calls.gate.now();
        let list = api::ListAlertsRequest {
            tenant_id: session.tenant_id.clone(),
            user_id: session.user_id.clone(),
            occurred: Some(api::TimeWindow { start: Some(timestamp(now.minus(ALERT_AGE))), end: None }),
            state: api::AlertState::Open.into(),
            page_size: ALERTS,
            ..api::ListAlertsRequest::default()
        };
        let listed = reader.admin().list_alerts(list).await.map(|listed| listed.into_inner().alerts);
        AlertQuestion::group(listed.unwrap_or_default(), now, self.language)
    }

    /// Records the answer to the alerts of one sign-in.
    async fn answer_alerts(&self) -> Result<Response, PageFailure> {
        self.request.require_same_site()?;
        let user = self.signed_in_user(true).await?;
        self.require_recent_authentication(&user)?;
        let (verdict, done) = match self.request.form.get("verdict") {
            "WAS_ME" => (api::AlertVerdict::WasMe, "was-me"),
            "WAS_NOT_ME" => (api::AlertVerdict::WasNotMe, "was-not-me"),
            _ => return Err(PageFailure::Invalid("The answer is missing.".to_owned())),
        };
        let backend = self.server.client(server_callers::account_backend(&user.tenant_id), self.request);
        for alert_id in self.request.form.get_all("alert_id").take(MAX_ANSWERED_ALERTS) {
            let answer = api::AckAlertRequest {
                alert_id: alert_id.to_owned(),
                verdict: verdict.into(),
                tenant_id: user.tenant_id.clone(),
                // Nobody answers the alert of somebody else.
                user_id: user.user_id.clone(),
                actor: user.user_id.clone(),
                ..api::AckAlertRequest::default()
            };
            backend.sessions().ack_alert(answer).await.map_err(FailedCall::from)?;
        }
        Ok(self.back(&[("done", done)]))
    }

    /// Ends one session of the user, or signs out.
    async fn revoke(&self) -> Result<Response, PageFailure> {
        self.request.require_same_site()?;
        let user = self.signed_in_user(true).await?;
        let session_id = self.request.form.get("session_id").to_owned();
        let signs_out = session_id == user.session_id;
        if !signs_out {
            self.require_recent_authentication(&user)?;
        }
        let revocation = api::RevokeRequest {
            tenant_id: user.tenant_id.clone(),
            user_id: user.user_id.clone(),
            target: Some(Target::SessionId(session_id)),
            actor: user.user_id.clone(),
            sign_out: signs_out,
            ..api::RevokeRequest::default()
        };
        let backend = self.server.client(server_callers::account_backend(&user.tenant_id), self.request);
        let revoked = backend.sessions().revoke(revocation).await.map_err(FailedCall::from)?.into_inner().revoked;
        if signs_out {
            return Ok(self.signed_out());
        }
        Ok(self.back(&[("done", if revoked { "ended" } else { "none" })]))
    }

    /// Ends all sessions of the user but this one.
    async fn revoke_others(&self) -> Result<Response, PageFailure> {
        self.request.require_same_site()?;
        let user = self.signed_in_user(true).await?;
        self.require_recent_authentication(&user)?;
        let api::Session { tenant_id, user_id, session_id, .. } = user;
        let revocation = api::RevokeAllRequest {
            scope: Some(Scope::User(api::UserScope { tenant_id: tenant_id.clone(), user_id: user_id.clone() })),
            except_session_id: session_id,
            actor: user_id,
            ..api::RevokeAllRequest::default()
        };
        let backend = self.server.client(server_callers::account_backend(&tenant_id), self.request);
        let revoked =
            backend.sessions().revoke_all(revocation).await.map_err(FailedCall::from)?.into_inner().revoked_count;
        Ok(self.back(&[("done", "others"), ("count", &revoked.to_string())]))
    }

    /// Returns the user of the token in the request. With `strong`, every change that was acknowledged before counts.
    async fn signed_in_user(&self, strong: bool) -> Result<api::Session, PageFailure> {
        let not_signed_in = || PageFailure::NotSignedIn { login_url: self.settings.login_url.clone() };
        let PresentedCredential::Token(token) = find_token(&self.request.credentials(), &self.settings.credentials)
        else {
            return Err(not_signed_in());
        };
        let consistency = if strong { api::Consistency::Strong } else { api::Consistency::Bounded };
        let validation = api::ValidateRequest {
            token: token.as_str().to_owned(),
            client: Some(self.request.client_context()),
            consistency: consistency.into(),
            ..api::ValidateRequest::default()
        };
        let validator = self.server.client(server_callers::account_validator(), self.request);
        match validator.sessions().validate(validation).await.map_err(FailedCall::from)?.into_inner().outcome {
            Some(Outcome::Session(session)) => Ok(session),
            Some(Outcome::Rejection(_)) | None => Err(not_signed_in()),
        }
    }

    fn require_recent_authentication(&self, session: &api::Session) -> Result<(), PageFailure> {
        let login_url = || self.settings.login_url.clone();
        if session.assurance_level < self.settings.min_assurance_level {
            return Err(PageFailure::AssuranceTooLow { login_url: login_url() });
        }
        let Some(max_age) = self.settings.max_auth_age else { return Ok(()) };
        let now = self.server.calls.gate.now();
        let seconds = session.authenticated_at.map_or(0, |at| u64::try_from(at.seconds).unwrap_or(0));
        if now.get() / 1000 <= seconds.saturating_add(max_age.as_secs()) {
            return Ok(());
        }
        Err(PageFailure::AuthenticationTooOld { max_age, login_url: login_url() })
    }

    /// Returns the page after a sign-out, which removes the cookies with the token.
    fn signed_out(&self) -> Response {
        let text = AccountText::in_language(self.language);
        let mut response = page_response::page(
            StatusCode::OK,
            &ProblemPage {
                layout: PageLayout::account(text.signed_out_heading, "", self.language),
                heading: text.signed_out_heading.to_owned(),
                text: text.signed_out.into(),
                next: (self.settings.login_url.clone(), text.sign_in.to_owned()),
                request_id: String::new(),
            },
        );
        for name in &self.settings.credentials.cookies {
            let removal = format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
            if let Ok(removal) = HeaderValue::try_from(removal) {
                response.headers_mut().append(header::SET_COOKIE, removal);
            }
        }
        response
    }

    fn back(&self, result: &[(&str, &str)]) -> Response {
        let language = [("lang", self.request.form.get("lang"))];
        page_response::see_other(&link(PAGE, &[result, &language].concat()))
    }
}
