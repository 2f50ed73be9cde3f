//! Guards: layers that let a request through only with an active session.
//!
//! A guard protects everything that it wraps, also paths that do not exist. Public paths are listed by name
//! ([`RequireSession::public`]), as are those at which a session is optional ([`RequireSession::optional`]). Handlers
//! behind a guard get the session as an extension of the request ([`CurrentSession`]), with feature `axum` as an
//! extractor.
//!
//! | the request has | response |
//! |---|---|
//! | an active session | that of the wrapped service |
//! | no token, a token that is rejected, or two different tokens | 401; the cookie is deleted. On an optional path that of the wrapped service, without a session |
//! | a session whose sign-in is too weak or too old for the path | 403, `step_up_required` |
//! | a session without the role that the path requires | 403, `missing_role` |
//! | a cookie, changes something, and comes from another site | 403; nothing is validated |
//! | a token without verdict, because the authority is away | 503 with `Retry-After`; there is no option to let it through |
//!
//! With [`RequireSession::rotate`], a token in the cookie is replaced when the policy of its session asks for it.
//!
//! A request changes something unless its method is GET, HEAD or OPTIONS, and it opens no WebSocket. Whether it comes
//! from another site is decided by `Sec-Fetch-Site`, and for older browsers by comparing `Origin` with `Host`. A client
//! that sends neither is not a browser. Pages of [`RequireSession::trusted_origins`] may send such requests as well.
//! Requests with `Authorization: Bearer` are not checked, because no browser adds that header by itself.

mod cookie;
mod cross_site;
mod grpc;
mod http;
mod path;
mod presented_token;
mod refusal;
mod requirements;
mod service;
mod session;
mod sign_in;

use std::time::{Duration, SystemTime};

pub use self::{
    cookie::SessionCookie,
    grpc::RequireSessionForGrpc,
    http::RequireSession,
    requirements::Requirements,
    service::{Guard, GuardedService},
    session::CurrentSession,
    sign_in::{SignInError, SignedIn, sign_in, sign_out},
};
use crate::api::{ClientContext, Session};

/// Returns the client context of a request with these headers, without an IP address: which header to believe depends
/// on the proxies in front. Set `ip` from the connection, or from a header that your proxy overwrites.
#[must_use]
pub fn client_context(headers: &::http::HeaderMap) -> ClientContext {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    ClientContext {
        user_agent: text("user-agent"),
        accept_language: text("accept-language"),
        accept_encoding: text("accept-encoding"),
        ..Default::default()
    }
}

/// Returns the lifetime of the cookie of a remembered session.
fn remembered_for(session: &Session) -> Option<Duration> {
    let expires = session.expires_at.filter(|_| session.remembered)?;
    SystemTime::try_from(expires).ok()?.duration_since(SystemTime::now()).ok()
}
