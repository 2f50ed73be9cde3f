//! The guard of HTTP services.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use tower::Layer;

use super::{
    StepUp, client_context,
    cookie::SessionCookie,
    cross_site,
    presented_token::{PresentedToken, TokenSource},
    service::{Admission, Guard, GuardedService, ResponseCookie},
    session::CurrentSession,
};
use crate::{
    SessionAuthority, SessionToken, ValidateError, ValidatedSession, Validation,
    api::{ClientContext, RejectReason, Session},
};

type ContextFunction = dyn Fn(&http::request::Parts) -> ClientContext + Send + Sync;

/// A layer that requires a session for every request, unless its path is public.
#[derive(Clone)]
pub struct RequireSession {
    authority: SessionAuthority,
    cookie: SessionCookie,
    public: Arc<[(Method, String)]>,
    step_ups: Arc<[(String, StepUp)]>,
    context: Arc<ContextFunction>,
    rotates: bool,
}

impl std::fmt::Debug for RequireSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequireSession")
            .field("cookie", &self.cookie)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl RequireSession {
    pub fn new(authority: SessionAuthority) -> Self {
        Self {
            authority,
            cookie: SessionCookie::default(),
            public: Arc::new([]),
            step_ups: Arc::new([]),
            context: Arc::new(|parts| client_context(&parts.headers)),
            rotates: false,
        }
    }

    #[must_use]
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.cookie = cookie;
        self
    }

    /// Lets requests with this method and exactly this path through without looking at their tokens.
    #[must_use]
    pub fn public(mut self, method: Method, path: impl Into<String>) -> Self {
        self.public = self.public.iter().cloned().chain([(method, path.into())]).collect();
        self
    }

    /// Demands more of the session for exactly this path.
    #[must_use]
    pub fn step_up(mut self, path: impl Into<String>, demands: StepUp) -> Self {
        self.step_ups = self.step_ups.iter().cloned().chain([(path.into(), demands)]).collect();
        self
    }

    /// Sets what is known of the client of a request, for detection: [`client_context`] with the IP address added. By
    /// default without an address.
    #[must_use]
    pub fn client_context(
        mut self,
        context: impl Fn(&http::request::Parts) -> ClientContext + Send + Sync + 'static,
    ) -> Self {
        self.context = Arc::new(context);
        self
    }

    /// Replaces the token in the cookie when the policy of the session asks for it. The client needs the role `issuer` or
    /// `backend`. Tokens in `Authorization` are the matter of the program that sent them.
    #[must_use]
    pub const fn rotate(mut self) -> Self {
        self.rotates = true;
        self
    }

    async fn admit(&self, parts: &http::request::Parts) -> Result<Admission, Refusal> {
        let path = parts.uri.path();
        if self.public.iter().any(|(method, public)| *method == parts.method && public == path) {
            return Ok(Admission::default());
        }
        let (token, source) = match PresentedToken::from_headers(&parts.headers, &self.cookie) {
            PresentedToken::One(token, source) => (token, source),
            PresentedToken::None | PresentedToken::Ambiguous => return Err(Refusal::NoSession),
        };
        if source == TokenSource::Cookie && cross_site::is_forged(parts) {
            return Err(Refusal::Forged);
        }
        let rotates = self.rotates && source == TokenSource::Cookie;
        match self.validate(parts, &token).await {
            Ok(session) if rotates && is_rotation_due(&session) => {
                match self.authority.rotate(token.clone(), Some((self.context)(parts))).await {
                    Ok(rotation) => Ok(self.admission_with_cookie(session, rotation.token)),
                    // The old token is still valid, and the next request tries again.
                    Err(_) => Ok(admission(session, token)),
                }
            }
            Err(ValidateError::Rejected(rejected)) if rotates && asks_for_rotation(rejected.reason) => {
                let rotation = self.authority.rotate(token, Some((self.context)(parts))).await?;
                let session = self.validate(parts, &rotation.token).await?;
                Ok(self.admission_with_cookie(session, rotation.token))
            }
            verdict => Ok(admission(verdict?, token)),
        }
    }

    async fn validate(
        &self,
        parts: &http::request::Parts,
        token: &SessionToken,
    ) -> Result<ValidatedSession, ValidateError> {
        let demands = self.step_ups.iter().filter(|(path, _)| path == parts.uri.path()).map(|(_, demands)| *demands);
        let validation = Validation::new(token.clone()).client((self.context)(parts));
        self.authority.validate(demands.fold(validation, |validation, demands| demands.apply(validation))).await
    }

    /// Returns the admission of a request whose token was replaced.
    fn admission_with_cookie(&self, session: ValidatedSession, token: SessionToken) -> Admission {
        let header = HeaderValue::try_from(self.cookie.set(&token, remembered_for(&session))).ok();
        let cookie = header.map(|header| ResponseCookie { name: self.cookie.name().to_owned(), header });
        Admission { cookie, ..admission(session, token) }
    }
}

fn admission(session: ValidatedSession, token: SessionToken) -> Admission {
    Admission { session: Some(CurrentSession::new(session, token)), cookie: None }
}

/// Returns whether a token is rejected although it can be exchanged.
const fn asks_for_rotation(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::RotationRequired | RejectReason::TokenRotated)
}

fn is_rotation_due(session: &ValidatedSession) -> bool {
    let due = session.rotate_after.and_then(|time| SystemTime::try_from(time).ok());
    due.is_some_and(|due| due <= SystemTime::now())
}

/// Returns the lifetime of the cookie of a remembered session.
fn remembered_for(session: &Session) -> Option<Duration> {
    let expires = session.expires_at.filter(|_| session.remembered)?;
    SystemTime::try_from(expires).ok()?.duration_since(SystemTime::now()).ok()
}

impl<S> Layer<S> for RequireSession {
    type Service = GuardedService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardedService::new(inner, self.clone())
    }
}

impl<R: From<String> + Send> Guard<R> for RequireSession {
    async fn authenticate(&self, parts: &http::request::Parts) -> Result<Admission, Response<R>> {
        self.admit(parts).await.map_err(|refusal| refusal.response(&self.cookie))
    }
}

/// The reason why a request does not reach the service.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    NoSession,
    StepUp,
    Forged,
    NoVerdict,
}

impl From<ValidateError> for Refusal {
    fn from(error: ValidateError) -> Self {
        match error {
            ValidateError::Rejected(_) => Self::NoSession,
            ValidateError::StepUpRequired(_) => Self::StepUp,
            ValidateError::NoVerdict(_) => Self::NoVerdict,
        }
    }
}

impl Refusal {
    fn response<R: From<String>>(self, cookie: &SessionCookie) -> Response<R> {
        let (status, error) = match self {
            Self::NoSession => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::StepUp => (StatusCode::FORBIDDEN, "step_up_required"),
            Self::Forged => (StatusCode::FORBIDDEN, "cross_site_request"),
            Self::NoVerdict => (StatusCode::SERVICE_UNAVAILABLE, "session_authority_unavailable"),
        };
        let mut response = Response::new(R::from(format!("{{\"error\":\"{error}\"}}\n")));
        *response.status_mut() = status;
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::NoSession => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                if let Ok(deletion) = HeaderValue::try_from(cookie.delete()) {
                    headers.insert(header::SET_COOKIE, deletion);
                }
            }
            Self::StepUp => {
                // RFC 9470 section 3
                let challenge = HeaderValue::from_static("Bearer error=\"insufficient_user_authentication\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::NoVerdict => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Forged => {}
        }
        response
    }
}
