//! `/api/v1/users/sessions`: signed-in users list their own sessions and end them.
//!
//! The token of the user is the only credential. Everything is done on behalf of its user, by a caller of this server,
//! so that no session of another user can be seen or ended, whatever the request says.

mod rate;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{StatusCode, request::Parts},
    response::Response,
    routing::{delete, get, post},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    bounded_listener::RequestConnection,
    call::{HttpCall, HttpCalls},
    cross_site::{RequestCredential, is_cross_site},
    forward_auth::client_request,
    problem::{self, RefusedRequest},
    rest::json_response,
};
use crate::{
    api::json::MessageJson,
    authority::{
        RevocationRequest, ScopeRevocationRequest, ScopeRevoker, SessionListRequest, SessionLister, SessionRevoker,
        SessionSelector, UseCases, revoke_all::ExemptSession,
    },
    domain::{CallError, Caller, CallerRole, Cause, Owner, Session, SessionId, TenantScope, event::RevocationScope},
    gateway::{
        AccessDecision, AccessProfile, CredentialRules, DenialReason, GatewayRequest, PresentedCredential,
        SessionIdentity, client_address, deny, find_token,
    },
    transport::{
        gateway::{AskingGateway, CheckedRequest, RequestChecker},
        grpc::{
            FailedCall, RpcError,
            call::Code,
            methods::{END_OTHER_USER_SESSIONS, END_USER_SESSION, LIST_USER_SESSIONS, MethodSpec},
            session_message,
        },
    },
};

use self::rate::UserRateLimiter;

/// The name of the caller that acts for users, in the audit log.
const CALLER: &str = "http/user-sessions";

/// The fields of a session that its user sees. The others are for the application.
pub(super) const VISIBLE_FIELDS: [&str; 11] = [
    "session_id",
    "device",
    "location",
    "created_at",
    "authenticated_at",
    "last_active_at",
    "idle_expires_at",
    "expires_at",
    "auth_methods",
    "remembered",
    "current",
];

/// The settings of the sessions of signed-in users.
#[derive(Clone, Copy, Debug)]
pub struct UserSessionSettings {
    /// The demands on the sign-in of a user who ends another session than the current one.
    pub max_auth_age: Option<Duration>,
    pub min_assurance_level: u32,
    /// The requests of one user in a second; 0: no limit.
    pub rate: u32,
    /// The time for which a user who made no requests may make them in advance.
    pub burst: Duration,
}

/// The handlers.
pub(super) struct UserSessions {
    calls: HttpCalls,
    checker: Arc<RequestChecker>,
    lister: Arc<SessionLister>,
    revoker: Arc<SessionRevoker>,
    scope_revoker: Arc<ScopeRevoker>,
    /// The demands on a request that ends another session than the current one.
    step_up: AccessProfile,
    limiter: UserRateLimiter,
    trusted_origins: Arc<[String]>,
    /// The time limit of a request.
    timeout: Duration,
    caller: Caller,
}

/// The request of a user.
enum UserRequest {
    List,
    End(String),
    EndOthers,
}

/// The reason why a request is not carried out.
enum UserRefusal {
    Refused(RefusedRequest),
    Denied(DenialReason, bool),
    Failed(RpcError),
    /// The response has no form in JSON.
    Unreadable(FailedCall),
}

impl From<RpcError> for UserRefusal {
    fn from(error: RpcError) -> Self {
        Self::Failed(error)
    }
}

impl From<CallError> for UserRefusal {
    fn from(error: CallError) -> Self {
        Self::Failed(error.into())
    }
}

/// Returns the router.
pub(super) fn router(handler: Arc<UserSessions>) -> Router {
    Router::new()
        .route("/api/v1/users/sessions", get(list))
        .route("/api/v1/users/sessions/{session_id}", delete(end))
        .route("/api/v1/users/sessions/revoke-all", post(end_others))
        .with_state(handler)
}

async fn list(
    handler: State<Arc<UserSessions>>,
    connection: ConnectInfo<RequestConnection>,
    request: Request,
) -> Response {
    handler.respond(&UserRequest::List, &connection, request).await
}

async fn end(
    handler: State<Arc<UserSessions>>,
    connection: ConnectInfo<RequestConnection>,
    Path(session_id): Path<String>,
    request: Request,
) -> Response {
    handler.respond(&UserRequest::End(session_id), &connection, request).await
}

async fn end_others(
    handler: State<Arc<UserSessions>>,
    connection: ConnectInfo<RequestConnection>,
    request: Request,
) -> Response {
    handler.respond(&UserRequest::EndOthers, &connection, request).await
}

impl UserRequest {
    const fn method(&self) -> &'static MethodSpec {
        match self {
            Self::List => &LIST_USER_SESSIONS,
            Self::End(_) => &END_USER_SESSION,
            Self::EndOthers => &END_OTHER_USER_SESSIONS,
        }
    }
}

impl UserSessions {
    pub(super) fn new(
        calls: HttpCalls,
        checker: Arc<RequestChecker>,
        use_cases: &UseCases,
        settings: UserSessionSettings,
        trusted_origins: Arc<[String]>,
        timeout: Duration,
    ) -> Self {
        let UserSessionSettings { max_auth_age, min_assurance_level, rate, burst } = settings;
        Self {
            calls,
            checker,
            lister: Arc::clone(&use_cases.lister),
            revoker: Arc::clone(&use_cases.revoker),
            scope_revoker: Arc::clone(&use_cases.scope_revoker),
            step_up: AccessProfile { strong: true, max_auth_age, min_assurance_level, ..AccessProfile::default() },
            limiter: UserRateLimiter::new(rate, burst),
            trusted_origins,
            timeout,
            caller: Caller { name: CALLER.to_owned(), role: Some(CallerRole::Backend), tenants: TenantScope::All },
        }
    }

    async fn respond(&self, asked: &UserRequest, connection: &RequestConnection, request: Request) -> Response {
        let (request, _) = request.into_parts();
        let mut call = self.calls.begin(asked.method(), &request.headers, connection);
        let done = timeout(self.timeout, self.carry_out(&mut call, asked, &request)).await;
        let done = done.map(|done| {
            done.and_then(|document| json_response(StatusCode::OK, &document).map_err(UserRefusal::Unreadable))
        });
        let (response, code) = match done {
            Ok(Ok(response)) => (response, Code::Ok),
            Ok(Err(UserRefusal::Refused(refused))) => {
                (problem::refused(refused, call.request_id()), Code::PermissionDenied)
            }
            Ok(Err(UserRefusal::Denied(reason, delete_cookies))) => {
                connection.connection.count_unauthenticated_call();
                let denial = deny(&reason, None, delete_cookies, &self.checker.settings().credentials);
                (problem::denied(denial), Code::Unauthenticated)
            }
            Ok(Err(UserRefusal::Failed(error))) => {
                let failure = FailedCall::log(&error);
                (problem::failed(&failure, call.request_id()), failure.code)
            }
            Ok(Err(UserRefusal::Unreadable(failure))) => (problem::failed(&failure, call.request_id()), failure.code),
            Err(_) => {
                let failure = FailedCall::deadline_exceeded();
                (problem::failed(&failure, call.request_id()), failure.code)
            }
        };
        call.set_code(code);
        call.finish(response)
    }

    async fn carry_out(
        &self,
        call: &mut HttpCall<'_>,
        asked: &UserRequest,
        request: &Parts,
    ) -> Result<Value, UserRefusal> {
        let user_request = client_request(&request.method, &request.headers);
        let credential = self.credential(&user_request);
        if is_cross_site(&request.method, &request.headers, credential, &self.trusted_origins) {
            return Err(UserRefusal::Refused(RefusedRequest::CrossSite));
        }
        call.admit(&self.caller)?;
        let changes = !matches!(asked, UserRequest::List);
        let profile = AccessProfile { strong: changes, ..AccessProfile::default() };
        let user = self.identify(call, &user_request, &profile).await?;
        call.mark_authenticated(&self.caller);
        self.limiter.admit(&user)?;
        let owner = Owner::new(&user.tenant_id, &user.user_id).map_err(RpcError::from)?;
        let current: SessionId = user.session_id.parse().map_err(RpcError::from)?;
        match asked {
            UserRequest::List => self.list(owner, current).await,
            UserRequest::End(id) => {
                let id: SessionId = id.parse().map_err(RpcError::from)?;
                if id != current {
                    self.identify(call, &user_request, &self.step_up).await?;
                }
                self.end(owner, id, id == current, call.request_id()).await
            }
            UserRequest::EndOthers => {
                self.identify(call, &user_request, &self.step_up).await?;
                self.end_others(owner, current, call.request_id()).await
            }
        }
    }

    /// Returns where the token of a request is.
    fn credential(&self, request: &GatewayRequest<'_>) -> RequestCredential {
        let rules = CredentialRules { bearer: false, ..self.checker.settings().credentials.clone() };
        match find_token(request, &rules) {
            PresentedCredential::Missing => RequestCredential::Header,
            PresentedCredential::Ambiguous | PresentedCredential::Token(_) => RequestCredential::Cookie,
        }
    }

    /// Returns the user whose token a request has, if it meets the demands of `profile`.
    async fn identify(
        &self,
        call: &HttpCall<'_>,
        request: &GatewayRequest<'_>,
        profile: &AccessProfile,
    ) -> Result<SessionIdentity, UserRefusal> {
        let client = client_address(request, self.checker.settings().forward_auth_client);
        let gateway = AskingGateway { caller: &self.caller, request_id: call.request_id(), client };
        let CheckedRequest { decision, failure, .. } = self.checker.check(request, profile, gateway).await;
        match decision {
            AccessDecision::Allow(Some(identity)) => Ok(identity),
            AccessDecision::Allow(None) => Err(UserRefusal::Denied(DenialReason::TokenMissing, false)),
            AccessDecision::Deny { reason, delete_cookies }
            | AccessDecision::Redirect { reason, delete_cookies, .. } => {
                Err(UserRefusal::Denied(reason, delete_cookies))
            }
            AccessDecision::Unavailable { .. } => {
                let unknown = || CallError::Internal("no verdict was reached".into()).into();
                Err(UserRefusal::Failed(failure.unwrap_or_else(unknown)))
            }
        }
    }

    async fn list(&self, owner: Owner, current: SessionId) -> Result<Value, UserRefusal> {
        let sessions = self.lister.list(SessionListRequest { owner }).await?;
        let sessions: Result<Vec<_>, _> =
            sessions.into_iter().map(|session| visible_session(session, current)).collect();
        Ok(json!({"sessions": sessions.map_err(|error| CallError::Internal(error.into()))?}))
    }

    /// Ends a session of the user.
    async fn end(&self, owner: Owner, id: SessionId, is_current: bool, request_id: &str) -> Result<Value, UserRefusal> {
        let revocation = RevocationRequest {
            target: SessionSelector::Session(id),
            cause: self.cause(&owner, request_id),
            tenant: Some(owner.tenant),
            user: Some(owner.user),
            tenants: TenantScope::All,
            is_sign_out: is_current,
            is_compromised: false,
        };
        let ended = self.revoker.revoke(revocation).await?;
        // The same for a session of another user.
        if ended.is_empty() {
            return Err(CallError::SessionNotFound.into());
        }
        Ok(json!({"session_ids": texts(&ended)}))
    }

    /// Ends all sessions of the user but the current one.
    async fn end_others(&self, owner: Owner, current: SessionId, request_id: &str) -> Result<Value, UserRefusal> {
        let revocation = ScopeRevocationRequest {
            cause: self.cause(&owner, request_id),
            scope: RevocationScope::User(owner),
            except: Some(ExemptSession::Session(current)),
            operation_id: String::new(),
            is_compromised: false,
        };
        let ended = self.scope_revoker.revoke_all(revocation).await?;
        Ok(json!({"session_ids": texts(&ended.session_ids)}))
    }

    fn cause(&self, owner: &Owner, request_id: &str) -> Cause {
        Cause {
            actor: owner.user.as_str().to_owned(),
            caller: self.caller.name.clone(),
            request_id: request_id.to_owned(),
            ..Cause::default()
        }
    }
}

/// Returns a session as its user sees it.
fn visible_session(session: Session, current: SessionId) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(MessageJson(&session_message(session, Some(current))))?;
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, _| VISIBLE_FIELDS.contains(&name.as_str()));
    }
    Ok(document)
}

fn texts(ids: &[SessionId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
