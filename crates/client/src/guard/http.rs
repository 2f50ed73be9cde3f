//! The guard of HTTP services.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use tower::Layer;

use super::{
    StepUp, client_context,
    cookie::SessionCookie,
    cross_site,
    presented_token::{PresentedToken, TokenSource},
    service::{Guard, GuardedService},
    session::CurrentSession,
};
use crate::{SessionAuthority, ValidateError, Validation, api::ClientContext};

type ContextFunction = dyn Fn(&http::request::Parts) -> ClientContext + Send + Sync;

/// A layer that requires a session for every request, unless its path is public.
#[derive(Clone)]
pub struct RequireSession {
    authority: SessionAuthority,
    cookie: SessionCookie,
    public: Arc<[(Method, String)]>,
    step_ups: Arc<[(String, StepUp)]>,
    context: Arc<ContextFunction>,
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

    /// Returns the session of a request, or None if its path is public.
    async fn find_session(&self, parts: &http::request::Parts) -> Result<Option<CurrentSession>, Refusal> {
        let path = parts.uri.path();
        if self.public.iter().any(|(method, public)| *method == parts.method && public == path) {
            return Ok(None);
        }
        let (token, source) = match PresentedToken::from_headers(&parts.headers, &self.cookie) {
            PresentedToken::One(token, source) => (token, source),
            PresentedToken::None | PresentedToken::Ambiguous => return Err(Refusal::NoSession),
        };
        if source == TokenSource::Cookie && cross_site::is_forged(parts) {
            return Err(Refusal::Forged);
        }
        let demands = self.step_ups.iter().filter(|(step_up, _)| step_up == path).map(|(_, demands)| *demands);
        let validation = Validation::new(token.clone()).client((self.context)(parts));
        let validation = demands.fold(validation, |validation, demands| demands.apply(validation));
        match self.authority.validate(validation).await {
            Ok(session) => Ok(Some(CurrentSession::new(session, token))),
            Err(ValidateError::Rejected(_)) => Err(Refusal::NoSession),
            Err(ValidateError::StepUpRequired(_)) => Err(Refusal::StepUp),
            Err(ValidateError::NoVerdict(_)) => Err(Refusal::NoVerdict),
        }
    }
}

impl<S> Layer<S> for RequireSession {
    type Service = GuardedService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardedService::new(inner, self.clone())
    }
}

impl<R: From<String> + Send> Guard<R> for RequireSession {
    async fn authenticate(&self, parts: &http::request::Parts) -> Result<Option<CurrentSession>, Response<R>> {
        self.find_session(parts).await.map_err(|refusal| refusal.response(&self.cookie))
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
