//! Services behind a guard.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
use tonic::server::NamedService;
use tower::Service;

use super::session::CurrentSession;

/// The decision on a request.
pub trait Guard<R>: Clone + Send + Sync + 'static {
    /// Admits a request. The error is the response of a refused request.
    fn authenticate(&self, parts: &Parts) -> impl Future<Output = Result<Admission, Response<R>>> + Send;
}

/// A request that may reach the service.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// The session of the request, or `None` if its path is public.
    pub(super) session: Option<CurrentSession>,
    /// A cookie for the response.
    pub(super) cookie: Option<ResponseCookie>,
}

/// A cookie that the response sets, unless the service itself sets one of its name.
#[derive(Clone, Debug)]
pub struct ResponseCookie {
    pub(super) name: String,
    pub(super) header: HeaderValue,
}

impl ResponseCookie {
    fn add_to(self, headers: &mut HeaderMap) {
        let sets_it = |value: &HeaderValue| {
            let rest = value.as_bytes().strip_prefix(self.name.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'='))
        };
        if !headers.get_all(header::SET_COOKIE).iter().any(sets_it) {
            headers.append(header::SET_COOKIE, self.header);
        }
    }
}

/// A service that only requests reach which its guard lets through.
#[derive(Clone, Debug)]
pub struct GuardedService<S, G> {
    inner: S,
    guard: G,
}

impl<S, G> GuardedService<S, G> {
    pub(super) const fn new(inner: S, guard: G) -> Self {
        Self { inner, guard }
    }
}

impl<S: NamedService, G> NamedService for GuardedService<S, G> {
    const NAME: &'static str = S::NAME;
}

impl<S, G, B, R> Service<Request<B>> for GuardedService<S, G>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    G: Guard<R>,
    B: Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The instance that `poll_ready` found ready must handle the call; a clone may not be ready.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            // Only the guard sets it.
            parts.extensions.remove::<CurrentSession>();
            match guard.authenticate(&parts).await {
                Ok(Admission { session, cookie }) => {
                    if let Some(session) = session {
                        parts.extensions.insert(session);
                    }
                    let mut response = inner.call(Request::from_parts(parts, body)).await?;
                    if let Some(cookie) = cookie {
                        cookie.add_to(response.headers_mut());
                    }
                    Ok(response)
                }
                Err(refusal) => Ok(refusal),
            }
        })
    }
}
