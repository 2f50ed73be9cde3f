//! Guards: layers that let a request through only with an active session.
//!
//! A guard protects everything that it wraps, also paths that do not exist. Public paths are listed by name
//! ([`RequireSession::public`]). Handlers behind a guard get the session as an extension of the request
//! ([`CurrentSession`]), with feature `axum` as an extractor.
//!
//! | the request has | response |
//! |---|---|
//! | an active session | that of the wrapped service |
//! | no token, a token that is rejected, or two different tokens | 401; the cookie is deleted |
//! | a session that does not suffice for the path (`step_up`) | 403, `step_up_required` |
//! | a cookie, changes something, and comes from another site | 403; nothing is validated |
//! | a token without verdict, because the authority is away | 503 with `Retry-After`; there is no option to let it through |
//!
//! With [`RequireSession::rotate`], a token in the cookie is replaced when the policy of its session asks for it.
//!
//! A request changes something unless its method is GET, HEAD, OPTIONS or TRACE. Whether it comes from another site is
//! decided by `Sec-Fetch-Site`, and for older browsers by comparing `Origin` with `Host`. A client that sends neither is
//! not a browser. Requests with `Authorization: Bearer` are not checked, because no browser adds that header by itself.

mod cookie;
mod cross_site;
mod grpc;
mod http;
mod presented_token;
mod service;
mod session;

use std::time::Duration;

pub use self::{
    cookie::SessionCookie,
    grpc::RequireSessionForGrpc,
    http::RequireSession,
    presented_token::sign_out,
    service::{Guard, GuardedService},
    session::CurrentSession,
};
use crate::{Validation, api::ClientContext};

/// The demands of a path on the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepUp {
    /// The longest time since the user authenticated.
    pub max_auth_age: Option<Duration>,
    pub min_assurance_level: u32,
}

impl StepUp {
    fn apply(self, validation: Validation) -> Validation {
        let validation = validation.min_assurance_level(self.min_assurance_level);
        self.max_auth_age.into_iter().fold(validation, Validation::max_auth_age)
    }
}

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
