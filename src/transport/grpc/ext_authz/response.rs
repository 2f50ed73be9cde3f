//! Decisions as responses to Envoy.

use std::{collections::BTreeMap, time::Duration};

use prost_types::{Struct, Value, value::Kind};
use tonic::Code;

use crate::{
    api::ext_authz::{
        CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue, HeaderValueOption, HttpStatus,
        OkHttpResponse, Status, check_response::HttpResponse,
    },
    authority::VerdictSource,
    domain::UnixMillis,
    gateway::{
        AccessDecision, AccessProfile, DenialResponse, GatewayRequest, GatewaySettings, IdentityHeaders,
        SessionIdentity, deny, unavailable as unavailable_response, without_token_cookies,
    },
    transport::gateway::source_name,
};

/// Returns the response for a decision about `request`.
pub(super) fn into_check_response(
    decision: AccessDecision,
    verdict: Option<(VerdictSource, UnixMillis)>,
    profile: &AccessProfile,
    request: &GatewayRequest<'_>,
    settings: &GatewaySettings,
) -> CheckResponse {
    let mut metadata = LogMetadata::new(verdict);
    let credentials = &settings.credentials;
    let response = match decision {
        AccessDecision::Allow(identity) => {
            metadata.add_identity(identity.as_ref());
            allowed(identity.as_ref(), profile, request, settings)
        }
        AccessDecision::Deny { reason, delete_cookies } => {
            metadata.add("reason", reason.name());
            denied(deny(&reason, None, delete_cookies, credentials), request.is_grpc())
        }
        AccessDecision::Redirect { location, reason, delete_cookies } => {
            metadata.add("reason", reason.name());
            denied(deny(&reason, Some(location), delete_cookies, credentials), request.is_grpc())
        }
        AccessDecision::Unavailable { .. } => {
            metadata.add("reason", "NO_VERDICT");
            unavailable(&decision, request.is_grpc())
        }
    };
    CheckResponse { dynamic_metadata: Some(metadata.0), ..response }
}

/// Returns the response to a request about which no verdict was reached.
pub(super) fn unavailable(decision: &AccessDecision, is_grpc: bool) -> CheckResponse {
    let retry_after = match decision {
        AccessDecision::Unavailable { retry_after } => *retry_after,
        AccessDecision::Allow(_) | AccessDecision::Deny { .. } | AccessDecision::Redirect { .. } => Duration::ZERO,
    };
    denied(unavailable_response(retry_after), is_grpc)
}

/// Returns the response to a request that does not pass. For a client of gRPC, Envoy makes the body the message of the
/// status.
pub(super) fn denied(response: DenialResponse, is_grpc: bool) -> CheckResponse {
    let DenialResponse { status, headers, body, message } = response;
    let mut options: Vec<_> = headers
        .into_iter()
        .map(|(name, value)| match name {
            "set-cookie" => header(name, value, HeaderAppendAction::AppendIfExistsOrAdd),
            _ => overwrite(name, value),
        })
        .collect();
    if !is_grpc {
        options.push(overwrite("content-type", "application/problem+json".to_owned()));
    }
    let body = if is_grpc { message.to_owned() } else { body };
    let code = match status {
        403 => Code::PermissionDenied,
        503 => Code::Unavailable,
        // Any other code than OK denies the request.
        _ => Code::Unauthenticated,
    };
    CheckResponse {
        status: Some(Status { code: code.into(), message: message.to_owned() }),
        http_response: Some(HttpResponse::DeniedResponse(DeniedHttpResponse {
            status: Some(HttpStatus { code: status.into() }),
            headers: options,
            body,
        })),
        dynamic_metadata: None,
    }
}

/// Returns the response to a request that passes. Each identity header is either set or removed, so that none of the
/// client's own passes.
fn allowed(
    identity: Option<&SessionIdentity>,
    profile: &AccessProfile,
    request: &GatewayRequest<'_>,
    settings: &GatewaySettings,
) -> CheckResponse {
    let mut changes = OkHttpResponse::default();
    for (name, value) in IdentityHeaders::new(identity).into_pairs() {
        if value.is_empty() {
            changes.headers_to_remove.push(name.to_owned());
        } else {
            changes.headers.push(overwrite(name, value));
        }
    }
    if !profile.forward_token {
        remove_token(&mut changes, request, settings);
    }
    CheckResponse {
        status: Some(Status::default()),
        http_response: Some(HttpResponse::OkResponse(changes)),
        dynamic_metadata: None,
    }
}

/// Removes the token from the request: its cookies, and `authorization` if that may have it.
fn remove_token(changes: &mut OkHttpResponse, request: &GatewayRequest<'_>, settings: &GatewaySettings) {
    match without_token_cookies(request, &settings.credentials) {
        _ if request.cookies.is_empty() => {}
        None => changes.headers_to_remove.push("cookie".to_owned()),
        Some(others) => {
            let mut cookies = overwrite("cookie", String::new());
            cookies.header =
                Some(HeaderValue { key: "cookie".to_owned(), raw_value: others, ..HeaderValue::default() });
            changes.headers.push(cookies);
        }
    }
    if settings.credentials.bearer && !request.authorization.is_empty() {
        changes.headers_to_remove.push("authorization".to_owned());
    }
}

/// Sets a header. The action is stated although Envoy ignores it for requests, because later releases do not.
fn overwrite(name: &str, value: String) -> HeaderValueOption {
    header(name, value, HeaderAppendAction::OverwriteIfExistsOrAdd)
}

fn header(name: &str, value: String, action: HeaderAppendAction) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name.to_owned(), value, raw_value: Vec::new() }),
        append_action: action.into(),
        keep_empty_value: false,
    }
}

/// Values for the logs of Envoy.
struct LogMetadata(Struct);

impl LogMetadata {
    fn new(verdict: Option<(VerdictSource, UnixMillis)>) -> Self {
        let mut metadata = Self(Struct { fields: BTreeMap::new() });
        if let Some((source, as_of)) = verdict {
            metadata.add("source", source_name(source));
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
            let as_of = Kind::NumberValue(as_of.get() as f64);
            metadata.0.fields.insert("as_of_ms".to_owned(), Value { kind: Some(as_of) });
        }
        metadata
    }

    fn add_identity(&mut self, identity: Option<&SessionIdentity>) {
        if let Some(identity) = identity {
            self.add("user_id", &identity.user_id);
            self.add("session_id", &identity.session_id);
            self.add("tenant_id", &identity.tenant_id);
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        self.0.fields.insert(name.to_owned(), Value { kind: Some(Kind::StringValue(value.to_owned())) });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        domain::{EndReason, RejectReason, TokenRejection},
        gateway::{DenialReason, IDENTITY_HEADERS, TokenCheck, decide},
        transport::grpc::{ext_authz::request::tests::settings, response::rejection},
    };

    pub(in crate::transport::grpc::ext_authz) fn denied_status(response: &CheckResponse) -> i32 {
        match &response.http_response {
            Some(HttpResponse::DeniedResponse(denied)) => denied.status.as_ref().map_or(0, |status| status.code),
            _ => 0,
        }
    }

    fn respond(decision: AccessDecision, profile: &AccessProfile, request: &GatewayRequest<'_>) -> CheckResponse {
        into_check_response(decision, None, profile, request, &settings())
    }

    fn changes(response: CheckResponse) -> OkHttpResponse {
        assert_eq!(response.status, Some(Status::default()));
        match response.http_response {
            Some(HttpResponse::OkResponse(changes)) => changes,
            other => panic!("{other:?}"),
        }
    }

    fn names(options: &[HeaderValueOption]) -> Vec<&str> {
        options.iter().map(|option| option.header.as_ref().expect("a header").key.as_str()).collect()
    }

    #[test]
    fn each_identity_header_is_set_or_removed_and_never_both() {
        let ann = SessionIdentity { user_id: "ann".to_owned(), ..SessionIdentity::default() };
        for identity in [None, Some(ann)] {
            let response =
                respond(AccessDecision::Allow(identity), &AccessProfile::default(), &GatewayRequest::default());
            let changes = changes(response);
            let mut touched = names(&changes.headers);
            touched.extend(changes.headers_to_remove.iter().map(String::as_str));
            touched.sort_unstable();
            let mut expected = IDENTITY_HEADERS;
            expected.sort_unstable();
            assert_eq!(touched, expected);
            let overwrite = i32::from(HeaderAppendAction::OverwriteIfExistsOrAdd);
            assert!(changes.headers.iter().all(|option| option.append_action == overwrite));
        }
    }

    #[test]
    fn the_token_is_removed_and_other_cookies_stay() {
        let profile = AccessProfile { forward_token: false, ..AccessProfile::default() };
        let mut request = GatewayRequest::default();
        request.add_header("cookie", b"a=1; __Host-session=t");
        request.add_header("authorization", b"Bearer t");
        let changes = changes(respond(AccessDecision::Allow(None), &profile, &request));
        let cookie = changes.headers.iter().filter_map(|option| option.header.as_ref()).find(|own| own.key == "cookie");
        assert_eq!(cookie.expect("a header").raw_value, b"a=1");
        assert!(changes.headers_to_remove.contains(&"authorization".to_owned()));
        assert!(!changes.headers_to_remove.contains(&"cookie".to_owned()));
    }

    #[test]
    fn a_denial_is_never_ok_for_either_part() {
        let retry_after = Duration::from_secs(1);
        let reason = DenialReason::TokenRejected(RejectReason::Ended(EndReason::Revoked));
        let location = "/login".to_owned();
        for (decision, status) in [
            (AccessDecision::Deny { reason: reason.clone(), delete_cookies: true }, 401),
            (AccessDecision::Deny { reason: DenialReason::RoleMissing, delete_cookies: false }, 403),
            (AccessDecision::Redirect { location, reason, delete_cookies: false }, 302),
            (AccessDecision::Unavailable { retry_after }, 503),
        ] {
            let response = respond(decision, &AccessProfile::default(), &GatewayRequest::default());
            assert_eq!(denied_status(&response), status);
            assert_ne!(response.status.as_ref().expect("a status").code, 0);
            let reason = response.dynamic_metadata.expect("metadata").fields.remove("reason");
            assert!(reason.is_some(), "a reason for the log");
        }
    }

    #[test]
    fn a_client_of_grpc_gets_a_sentence() {
        let request = GatewayRequest { content_type: b"application/grpc", ..GatewayRequest::default() };
        let decision = AccessDecision::Deny { reason: DenialReason::TokenMissing, delete_cookies: false };
        let response = respond(decision, &AccessProfile::default(), &request);
        let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else { panic!("a denial") };
        assert_eq!(denied.body, "the request has no session token");
        assert!(!names(&denied.headers).contains(&"content-type"));
    }

    #[test]
    fn reasons_have_the_names_of_the_contract() {
        use RejectReason::{
            DeviceMismatch, Ended, IpMismatch, Malformed, RotationRequired, StepUpRequired, TokenRotated, Unknown,
        };
        let others = [Malformed, Unknown, IpMismatch, DeviceMismatch, StepUpRequired, RotationRequired, TokenRotated];
        for reason in others.into_iter().chain(EndReason::ALL.map(Ended)) {
            let rejected = TokenRejection::from_reason(reason);
            let check = TokenCheck::Rejected(rejected.clone());
            let AccessDecision::Deny { reason, .. } =
                decide(check, &AccessProfile::default(), &GatewayRequest::default())
            else {
                panic!("{rejected:?} is denied")
            };
            assert_eq!(rejection(rejected).reason().as_str_name(), format!("REJECT_REASON_{}", reason.name()));
        }
        assert_eq!(DenialReason::TokenAmbiguous.name(), "MALFORMED");
    }
}
