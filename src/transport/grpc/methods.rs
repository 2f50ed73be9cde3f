//! The methods that the server serves, and the requirements that it enforces before it carries one out.
//!
//! `build.rs` generates the table from the options of the methods in `proto/session/v1`.

use super::admission::WorkKind;
use crate::{
    authority::permissions::permit_role,
    domain::{CallError, Caller, CallerRole},
};

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// A class of time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineClass {
    /// The configured time limit of a call.
    Standard,
    /// The time limit of a call that reads the audit database.
    Audit,
}

/// A method and its requirements.
#[derive(Debug)]
pub struct MethodSpec {
    /// `None` for methods outside the contract.
    pub method: Option<ApiMethod>,
    /// The name in logs and metrics: `package.Service/Method`, or `other` outside the contract.
    pub path: &'static str,
    /// The roles that may call the method.
    pub roles: &'static [CallerRole],
    /// The permit that the call holds until the response begins.
    pub work: Option<WorkKind>,
    /// The permit that the call holds while the stream is open.
    pub stream: Option<WorkKind>,
    pub deadline: DeadlineClass,
    /// Set if the request is one message, which is received before the call takes a permit.
    pub is_unary_request: bool,
    /// Set if the method requires no credentials.
    pub is_unauthenticated: bool,
}

/// The name of methods outside the contract: health, reflection and unknown methods.
pub const OTHER_METHOD: &str = "other";

const UNKNOWN: MethodSpec = MethodSpec {
    method: None,
    path: OTHER_METHOD,
    roles: &CallerRole::ALL,
    work: Some(WorkKind::Reads),
    stream: None,
    deadline: DeadlineClass::Standard,
    is_unary_request: false,
    is_unauthenticated: false,
};
static UNKNOWN_METHOD: MethodSpec = UNKNOWN;
static REFLECTION: MethodSpec = MethodSpec { stream: Some(WorkKind::Streams), ..UNKNOWN };
static HEALTH: MethodSpec = MethodSpec { work: None, is_unary_request: true, is_unauthenticated: true, ..UNKNOWN };

/// The check of a request over HTTP, which is not a method of gRPC. It has the requirements of
/// `envoy.service.auth.v3.Authorization/Check`.
pub static FORWARD_AUTH: MethodSpec = MethodSpec {
    roles: &[CallerRole::Validator, CallerRole::Backend],
    ..http_method("GET /v1/forward-auth", WorkKind::Validations)
};

/// The requests of signed-in users about their own sessions. They have no roles: the token of the user is the only
/// credential.
pub static LIST_USER_SESSIONS: MethodSpec = http_method("GET /api/v1/users/sessions", WorkKind::Reads);
pub static END_USER_SESSION: MethodSpec = http_method("DELETE /api/v1/users/sessions/{id}", WorkKind::Revocations);
pub static END_OTHER_USER_SESSIONS: MethodSpec =
    http_method("POST /api/v1/users/sessions/revoke-all", WorkKind::Revocations);

/// The sign-in of an administrator to the console, by an API key.
pub static CONSOLE_SIGN_IN: MethodSpec =
    MethodSpec { roles: &[CallerRole::Admin], ..http_method("POST /console/sign-in", WorkKind::Writes) };

/// The methods that exist over HTTP only.
static HTTP_METHODS: [&MethodSpec; 5] =
    [&FORWARD_AUTH, &LIST_USER_SESSIONS, &END_USER_SESSION, &END_OTHER_USER_SESSIONS, &CONSOLE_SIGN_IN];

const fn http_method(path: &'static str, work: WorkKind) -> MethodSpec {
    MethodSpec {
        method: None,
        path,
        roles: &[],
        work: Some(work),
        stream: None,
        deadline: DeadlineClass::Standard,
        is_unary_request: true,
        is_unauthenticated: false,
    }
}

/// Returns every method that has a name of its own in metrics: those of gRPC, then those of HTTP.
pub fn measured_methods() -> impl ExactSizeIterator<Item = &'static MethodSpec> + Clone {
    (0..METHODS.len() + HTTP_METHODS.len())
        .map(|at| METHODS.get(at).unwrap_or_else(|| HTTP_METHODS[at - METHODS.len()]))
}

impl MethodSpec {
    /// Returns the method of a call to `path`, which has a leading slash.
    pub(super) fn from_path(path: &str) -> &'static Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        METHODS.iter().find(|method| method.path == path).unwrap_or_else(|| match path.split_once('/') {
            Some(("grpc.health.v1.Health", _)) => &HEALTH,
            Some((_, "ServerReflectionInfo")) => &REFLECTION,
            _ => &UNKNOWN_METHOD,
        })
    }

    /// Returns whether the response is a stream.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        self.stream.is_some()
    }

    /// Requires that the role of `caller` may call this method.
    pub(super) fn permit(&self, caller: &Caller) -> Result<(), CallError> {
        permit_role(caller, self.roles, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TenantScope;

    #[test]
    fn a_role_may_call_what_its_row_says_and_nothing_else() {
        for method in &METHODS {
            for role in CallerRole::ALL {
                let caller = Caller { name: "c".to_owned(), role: Some(role), tenants: TenantScope::All };
                assert_eq!(method.permit(&caller).is_ok(), method.roles.contains(&role), "{role:?} {method:?}");
                assert!(MethodSpec::from_path("/other").permit(&caller).is_ok());
            }
            assert!(method.permit(&Caller::anonymous()).is_ok());
        }
    }

    #[test]
    fn a_check_has_the_same_requirements_over_either_protocol() {
        let check = MethodSpec::from_path("/envoy.service.auth.v3.Authorization/Check");
        assert_eq!(check.method, Some(ApiMethod::AuthorizationCheck));
        assert_eq!((check.roles, check.work), (FORWARD_AUTH.roles, FORWARD_AUTH.work));
        assert_eq!((check.stream, check.deadline), (FORWARD_AUTH.stream, FORWARD_AUTH.deadline));
        assert!(
            measured_methods()
                .map(|method| method.path)
                .eq(METHODS.iter().chain(HTTP_METHODS).map(|method| method.path))
        );
    }

    #[test]
    fn methods_are_found_by_their_path() {
        for (index, method) in METHODS.iter().enumerate() {
            assert_eq!(MethodSpec::from_path(&format!("/{}", method.path)).method, method.method);
            assert_eq!(method.method.map(|method| method as usize), Some(index));
        }
        assert_eq!(MethodSpec::from_path("/anything/at/all").path, OTHER_METHOD);
    }

    #[test]
    fn long_calls_of_administrators_draw_on_no_budget_that_ends_sessions() {
        for method in &METHODS {
            let path = method.path;
            let ends_sessions = ["Revoke", "RevokeAll", "AckAlert", "AnswerLink", "Deny"]
                .iter()
                .any(|name| path.ends_with(&format!("/{name}")));
            let reads_audit =
                ["AdminService", "NotificationService", "WebhookService"].iter().any(|service| path.contains(service));
            assert_eq!(method.work == Some(WorkKind::Admin), reads_audit && !ends_sessions, "{path}");
            assert_eq!(method.work == Some(WorkKind::Revocations), ends_sessions, "{path}");
        }
    }

    #[test]
    fn only_streams_of_requests_and_strangers_methods_are_not_read_first() {
        for (path, is_one_message) in [
            ("/session.v1.SessionService/Create", true),
            ("/session.v1.SessionService/StreamAlerts", true),
            ("/session.v1.SessionService/ValidateStream", false),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", false),
            ("/grpc.health.v1.Health/Check", true),
            ("/anything/at/all", false),
            ("", false),
        ] {
            assert_eq!(MethodSpec::from_path(path).is_unary_request, is_one_message, "{path}");
        }
    }
}
