//! Pages for browsers: the console for administrators, and the page on which users review their sessions.
//!
//! Their data comes from the services of the contract, called within the process as an authenticated caller: roles,
//! tenants, limits, audit and errors are those of every other caller. All pages work without scripts.

mod account;
mod alert_link;
mod browser_request;
mod console;
mod page_failure;
mod page_response;
mod server_callers;
mod sign_in_limiter;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::Response,
    routing::any,
};
use zeroize::Zeroizing;

use super::{
    bounded_listener::RequestConnection,
    call::{HttpCalls, insert_request_id},
    management::ManagementSource,
};
use crate::{
    gateway::{ClientAddressSource, CredentialRules},
    transport::grpc::{ContractClient, LocalCaller, LocalServices},
    web::PageArea,
};

use browser_request::BrowserRequest;
use page_failure::PageFailure;
use sign_in_limiter::SignInLimiter;

/// The settings and the sources of the pages.
pub struct PageSettings {
    /// `None`: the console is not served.
    pub console: Option<ConsoleSettings>,
    /// `None`: the page for users is not served.
    pub account: Option<AccountSettings>,
    /// The source of a browser's address.
    pub client_address: ClientAddressSource,
    /// Set if this server itself serves TLS.
    pub has_tls: bool,
}

/// The settings of the console.
pub struct ConsoleSettings {
    /// The tenant of the sessions of administrators.
    pub tenant: String,
    /// The policy of these sessions.
    pub policy: String,
    /// The header in which a trusted gateway names the administrator. `None`: no gateway does.
    pub gateway_header: Option<String>,
    /// The key that authenticates the cookies.
    pub cookie_key: Zeroizing<[u8; 32]>,
    pub readiness: Arc<dyn ManagementSource>,
}

/// The settings of the page for users.
pub struct AccountSettings {
    /// The places where a request may have its token.
    pub credentials: CredentialRules,
    /// The address at which users sign in; empty if it is unknown.
    pub login_url: String,
    /// The maximum age of the authentication of a user who ends other sessions. `None`: any.
    pub max_auth_age: Option<Duration>,
    /// The assurance level that ending other sessions requires.
    pub min_assurance_level: u32,
}

/// The handler of all pages.
pub(super) struct PageServer {
    calls: HttpCalls,
    services: LocalServices,
    settings: PageSettings,
    sign_in_limiter: SignInLimiter,
    /// The limit for tokens that are no links.
    link_limiter: SignInLimiter,
}

impl PageServer {
    pub(super) fn new(calls: HttpCalls, services: LocalServices, settings: PageSettings) -> Self {
        Self {
            calls,
            services,
            settings,
            sign_in_limiter: SignInLimiter::default(),
            link_limiter: SignInLimiter::default(),
        }
    }

    /// Returns the routes of the pages that are served.
    pub(super) fn into_router(self) -> Router {
        let mut router = Router::new();
        if self.settings.console.is_some() {
            router = router.route("/console", any(serve)).route("/console/{*path}", any(serve));
        }
        if self.settings.account.is_some() {
            router = router.route("/account/{*path}", any(serve));
        }
        router.with_state(Arc::new(self))
    }
}

async fn serve(
    State(server): State<Arc<PageServer>>,
    ConnectInfo(connection): ConnectInfo<RequestConnection>,
    request: Request,
) -> Response {
    let _guard = connection.connection.begin_call();
    let request_id = server.calls.gate.request_id(request.headers());
    let (head, body) = request.into_parts();
    let mut request = BrowserRequest::new(&head, connection, request_id, server.settings.client_address);
    let mut response = match request.receive_form(body, server.calls.gate.message_timeout()).await {
        Ok(()) => server.respond(&request).await,
        Err(failure) => failure.into_response(&request, ""),
    };
    page_response::add_common_headers(response.headers_mut());
    insert_request_id(response.headers_mut(), request.request_id);
    response
}

impl PageServer {
    async fn respond(self: &Arc<Self>, request: &BrowserRequest) -> Response {
        if let Some((_, file)) = request.path.split_once("/assets/") {
            return page_response::asset(file).unwrap_or_else(|| PageFailure::NotFound.into_response(request, ""));
        }
        if let (Some(token), true) = (request.path.strip_prefix(alert_link::PREFIX), self.settings.account.is_some()) {
            return alert_link::respond(self, request, token).await;
        }
        match (request.area(), &self.settings.console, &self.settings.account) {
            (PageArea::Console, Some(settings), _) => console::respond(self, settings, request).await,
            (PageArea::Account, _, Some(settings)) => account::respond(self, settings, request).await,
            _ => PageFailure::NotFound.into_response(request, ""),
        }
    }

    /// Returns a client that calls as `caller` on behalf of `request`.
    fn client(&self, caller: LocalCaller, request: &BrowserRequest) -> ContractClient {
        self.services.client(caller, &request.connection.connection, &request.request_id)
    }
}
