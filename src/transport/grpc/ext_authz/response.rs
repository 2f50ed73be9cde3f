//! Decisions as responses to Envoy.

use std::time::Duration;

use prost::{DecodeError, Message as _};
use tonic::Code;

use super::{
    super::wire::{field_len, length_delimited_key, put_field},
    allowed::AllowedResponse,
    metadata::LogMetadata,
};
use crate::{
    api::ext_authz::{
        CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue, HeaderValueOption, HttpStatus, Status,
        check_response::HttpResponse,
    },
    authority::VerdictSource,
    domain::UnixMillis,
    gateway::{
        AccessDecision, AccessProfile, DenialResponse, GatewayRequest, GatewaySettings, SessionIdentity, deny,
        unavailable as unavailable_response,
    },
};

/// The field `dynamic_metadata` of `CheckResponse`.
const DYNAMIC_METADATA: u8 = length_delimited_key(4);

/// A response to Envoy.
pub(super) struct CheckAnswer {
    response: AnsweredCheck,
    metadata: Option<LogMetadata>,
}

/// The fields of a response besides the metadata.
enum AnsweredCheck {
    Allowed(AllowedResponse),
    Denied(Box<CheckResponse>),
}

impl CheckAnswer {
    /// Returns the answer for a decision about `request`.
    pub(super) fn new(
        decision: AccessDecision,
        verdict: Option<(VerdictSource, UnixMillis)>,
        profile: &AccessProfile,
        request: &GatewayRequest<'_>,
        settings: &GatewaySettings,
    ) -> Self {
        let credentials = &settings.credentials;
        let mut metadata = LogMetadata::new(verdict);
        let (response, reason) = match decision {
            AccessDecision::Allow(identity) => {
                if let Some(SessionIdentity { user_id, session_id, tenant_id, .. }) = &identity {
                    for (name, text) in [("user_id", user_id), ("session_id", session_id), ("tenant_id", tenant_id)] {
                        metadata.add(name, text);
                    }
                }
                let allowed = AllowedResponse::new(identity.as_ref(), profile, request, settings);
                return Self { response: AnsweredCheck::Allowed(allowed), metadata: Some(metadata) };
            }
            AccessDecision::Deny { reason, delete_cookies } => {
                (denied(deny(&reason, None, delete_cookies, credentials), request.is_grpc()), reason.name())
            }
            AccessDecision::Redirect { location, reason, delete_cookies } => {
                (denied(deny(&reason, Some(location), delete_cookies, credentials), request.is_grpc()), reason.name())
            }
            AccessDecision::Unavailable { .. } => (unavailable(&decision, request.is_grpc()), "NO_VERDICT"),
        };
        metadata.add("reason", reason);
        Self { metadata: Some(metadata), ..Self::without_metadata(response) }
    }

    /// Returns the answer to a check that could not be carried out.
    pub(super) fn without_metadata(denial: CheckResponse) -> Self {
        Self { response: AnsweredCheck::Denied(Box::new(denial)), metadata: None }
    }

    pub(super) fn encoded_len(&self) -> usize {
        let response = match &self.response {
            AnsweredCheck::Allowed(response) => response.encoded_len(),
            AnsweredCheck::Denied(response) => response.encoded_len(),
        };
        response + self.metadata.as_ref().map_or(0, |metadata| field_len(metadata.as_bytes().len()))
    }

    pub(super) fn encode(&self, to: &mut Vec<u8>) {
        match &self.response {
            AnsweredCheck::Allowed(response) => response.encode(to),
            // Fails only for lack of space, and the buffer grows.
            AnsweredCheck::Denied(response) => drop(response.encode(to)),
        }
        if let Some(metadata) = &self.metadata {
            put_field(DYNAMIC_METADATA, metadata.as_bytes(), to);
        }
    }

    /// Returns the message of the answer.
    pub(super) fn to_message(&self) -> Result<CheckResponse, DecodeError> {
        let mut encoded = Vec::with_capacity(self.encoded_len());
        self.encode(&mut encoded);
        CheckResponse::decode(&*encoded)
    }
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        domain::{EndReason, RejectReason, TokenRejection},
        gateway::{DenialReason, TokenCheck, decide},
        transport::grpc::{ext_authz::request::tests::settings, response::rejection},
    };

    pub(in crate::transport::grpc::ext_authz) fn denied_status(response: &CheckResponse) -> i32 {
        match &response.http_response {
            Some(HttpResponse::DeniedResponse(denied)) => denied.status.as_ref().map_or(0, |status| status.code),
            _ => 0,
        }
    }

    fn respond(decision: AccessDecision, profile: &AccessProfile, request: &GatewayRequest<'_>) -> CheckResponse {
        CheckAnswer::new(decision, None, profile, request, &settings()).to_message().expect("a response")
    }

    fn names(options: &[HeaderValueOption]) -> Vec<&str> {
        options.iter().map(|option| option.header.as_ref().expect("a header").key.as_str()).collect()
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
