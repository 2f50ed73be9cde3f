//! The guard of HTTP services.

use std::{sync::Arc, time::SystemTime};

use http::{HeaderValue, Method, Response};
use tower::Layer;

use super::{
    client_context,
    cookie::SessionCookie,
    cross_site,
    path::is_same_page,
    presented_token::{PresentedToken, TokenSource, cookies},
    refusal::Refusal,
    remembered_for,
    requirements::Requirements,
    service::{Admission, Guard, GuardedService, ResponseCookie},
    session::CurrentSession,
};
use crate::{
    SessionAuthority, SessionToken, ValidateError, ValidatedSession, Validation,
    api::{ClientContext, RejectReason},
};

type ContextFunction = dyn Fn(&http::request::Parts) -> ClientContext + Send + Sync;

/// A layer that requires a session for every request, unless its path is public.
#[derive(Clone)]
pub struct RequireSession {
    authority: SessionAuthority,
    cookie: SessionCookie,
    public: Arc<[(Method, String)]>,
    optional: Arc<[(Method, String)]>,
    required: Arc<[(String, Requirements)]>,
    trusted_origins: Arc<[String]>,
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
    /// Returns a guard that requires an active session for every path.
    pub fn new(authority: SessionAuthority) -> Self {
        Self {
            authority,
            cookie: SessionCookie::default(),
            public: Arc::new([]),
            optional: Arc::new([]),
            required: Arc::new([]),
            trusted_origins: Arc::new([]),
            context: Arc::new(|parts| client_context(&parts.headers)),
            rotates: false,
        }
    }

    /// Replaces the cookie in which browsers keep the token. By default, `__Host-session`.
    #[must_use]
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.cookie = cookie;
        self
    }

    /// Lets requests with this method and exactly this path through without looking at their tokens. GET includes HEAD.
    #[must_use]
    pub fn public(mut self, method: Method, path: impl Into<String>) -> Self {
        self.public = self.public.iter().cloned().chain([(method, path.into())]).collect();
        self
    }

    /// Lets requests with this method and exactly this path through with and without a session. GET includes HEAD. Take
    /// the session as `Option<CurrentSession>`. Without a verdict they get 503 as well.
    #[must_use]
    pub fn optional(mut self, method: Method, path: impl Into<String>) -> Self {
        self.optional = self.optional.iter().cloned().chain([(method, path.into())]).collect();
        self
    }

    /// Requires more of the session for this path, whatever the method, even if the path is also public or optional. A
    /// slash at the end and percent-encoding do not matter.
    ///
    /// # Panics
    ///
    /// If the path does not begin with a slash: no request would be to it.
    #[must_use]
    pub fn require(mut self, path: impl Into<String>, required: Requirements) -> Self {
        let path = path.into();
        assert!(path.starts_with('/'), "a path begins with a slash: {path}");
        self.required = self.required.iter().cloned().chain([(path, required)]).collect();
        self
    }

    /// Lets pages of other sites send requests that change something with the cookie or open a WebSocket:
    /// `https://app.example`.
    #[must_use]
    pub fn trusted_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.trusted_origins =
            self.trusted_origins.iter().cloned().chain(origins.into_iter().map(Into::into)).collect();
        self
    }

    /// Describes the client of a request, for detection: [`client_context`] with the IP address added. By
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
        let is_required = self.requirements(parts).next().is_some();
        if !is_required && is_listed(&self.public, parts) {
            return Ok(Admission::default());
        }
        match self.admit_session(parts).await {
            Err(Refusal::NoSession) if !is_required && is_listed(&self.optional, parts) => {
                let has_cookie = cookies(&parts.headers, self.cookie.name()).next().is_some();
                let cookie = has_cookie.then(|| self.response_cookie(&self.cookie.delete())).flatten();
                Ok(Admission { session: None, cookie })
            }
            admitted => admitted,
        }
    }

    async fn admit_session(&self, parts: &http::request::Parts) -> Result<Admission, Refusal> {
        let (token, source) = match PresentedToken::from_headers(&parts.headers, &self.cookie) {
            PresentedToken::One(token, source) => (token, source),
            PresentedToken::None | PresentedToken::Ambiguous => return Err(Refusal::NoSession),
        };
        if source == TokenSource::Cookie && cross_site::is_forged(parts, &self.trusted_origins) {
            return Err(Refusal::Forged);
        }
        let rotates = self.rotates && source == TokenSource::Cookie;
        let (session, successor) = match self.validate(parts, &token).await {
            Ok(session) if rotates && is_rotation_due(&session) => {
                // If it fails, the old token is still valid, and the next request tries again.
                let rotation = self.authority.rotate(token.clone(), Some((self.context)(parts))).await.ok();
                (session, rotation.map(|rotation| rotation.token))
            }
            Err(ValidateError::Rejected(rejected)) if rotates && asks_for_rotation(rejected.reason) => {
                let rotation = self.authority.rotate(token.clone(), Some((self.context)(parts))).await?;
                (self.validate(parts, &rotation.token).await?, Some(rotation.token))
            }
            verdict => (verdict?, None),
        };
        if !self.requirements(parts).all(|required| required.admit_roles(&session)) {
            return Err(Refusal::MissingRole);
        }
        let replaced = successor.as_ref().map(|token| self.cookie.set(token, remembered_for(&session)));
        let cookie = replaced.and_then(|header| self.response_cookie(&header));
        Ok(Admission { session: Some(CurrentSession::new(session, successor.unwrap_or(token))), cookie })
    }

    fn requirements(&self, parts: &http::request::Parts) -> impl Iterator<Item = &Requirements> {
        self.required.iter().filter(|(path, _)| is_same_page(path, parts.uri.path())).map(|(_, required)| required)
    }

    async fn validate(
        &self,
        parts: &http::request::Parts,
        token: &SessionToken,
    ) -> Result<ValidatedSession, ValidateError> {
        let validation = Validation::new(token.clone()).client((self.context)(parts));
        let validation = self.requirements(parts).fold(validation, |validation, required| required.apply(validation));
        self.authority.validate(validation).await
    }

    fn response_cookie(&self, header: &str) -> Option<ResponseCookie> {
        Some(ResponseCookie { name: self.cookie.name().to_owned(), header: HeaderValue::try_from(header).ok()? })
    }
}

fn is_listed(paths: &[(Method, String)], parts: &http::request::Parts) -> bool {
    let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
    paths.iter().any(|(listed, path)| listed == method && path == parts.uri.path())
}

/// Returns whether a token is rejected although it can be exchanged.
const fn asks_for_rotation(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::RotationRequired | RejectReason::TokenRotated)
}

fn is_rotation_due(session: &ValidatedSession) -> bool {
    let due = session.rotate_after.and_then(|time| SystemTime::try_from(time).ok());
    due.is_some_and(|due| due <= SystemTime::now())
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
