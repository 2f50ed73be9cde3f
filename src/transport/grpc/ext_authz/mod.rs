//! `envoy.service.auth.v3.Authorization/Check`: Envoy asks about every request before it forwards it.
//!
//! It is as frequent as `Validate` and takes the same path in front of the router (`fast_path`).
//!
//! Envoy may be configured to let requests pass when its authority fails (`failure_mode_allow`). That is the operator's
//! decision for an authority that is gone, and must not be in the hands of clients. Whenever this node responds at all,
//! a request without a verdict is therefore denied: during an outage of the store, beyond a budget, when the time of
//! Envoy's own limit runs out, and for headers that are too large. Only faults of the gateway are errors.

mod allowed;
mod metadata;
mod request;
mod response;

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use futures_util::poll;
use http::{Extensions, HeaderMap};
use tokio::time::timeout;
use tonic::{Request, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

use self::{
    request::{parse_request, route_profile},
    response::{CheckAnswer, denied},
};
use super::{
    HttpRequest, HttpResponse,
    admission::AdmissionControl,
    call::{CallContext, ObservedCode, log_scope},
    rpc_error::RpcError,
    status,
    unary::{self, ReceivedMessage},
};
use crate::{
    api::ext_authz::{CheckRequest, CheckResponse},
    domain::CallError,
    gateway::{DenialResponse, client_address},
    transport::{
        DecisionOutcome, GatewayProtocol,
        gateway::{AskingGateway, CheckedRequest, RequestChecker},
    },
};

/// The time limit that Envoy sets, in milliseconds.
const EXPECTED_TIMEOUT: &str = "x-envoy-expected-rq-timeout-ms";
/// The part of a time limit that is reserved for the response: a denial that arrives late is an error for Envoy.
const RESPONSE_MARGIN: Duration = Duration::from_millis(20);

/// The handler of checks.
pub(super) struct ExtAuthzHandler {
    pub(super) checker: Arc<RequestChecker>,
    pub(super) admission: AdmissionControl,
    /// The time limit of a call.
    pub(super) timeout: Duration,
}

/// A response, and the reason if it is for lack of a verdict.
struct CheckOutcome {
    answer: CheckAnswer,
    failure: Option<RpcError>,
}

impl ExtAuthzHandler {
    /// Handles one check. Rarely needed parts are boxed: every call takes as much memory as this future.
    pub(super) async fn handle(self: Arc<Self>, mut request: HttpRequest) -> HttpResponse {
        let limit = check_timeout(request.headers(), self.timeout);
        let max_bytes = self.checker.settings().max_check_bytes;
        let taken = poll_fn(|context| Poll::Ready(unary::take_message(&mut request, max_bytes, context))).await;
        match taken {
            Some(message) => {
                let admitted = self.admission.admit_request(request.extensions());
                let outcome = match admitted {
                    Ok(()) => self.check(request.extensions(), &message, limit).await,
                    Err(error) => self.deny_failed(error),
                };
                into_response(outcome, request.extensions())
            }
            None => Box::pin(self.handle_incomplete(request, limit)).await,
        }
    }

    /// Handles a request whose message is not there yet, or is not one plain message.
    async fn handle_incomplete(&self, request: HttpRequest, limit: Duration) -> HttpResponse {
        let extensions = request.extensions().clone();
        let max_bytes = self.checker.settings().max_check_bytes;
        let outcome = match unary::receive_message(&self.admission, request, max_bytes).await {
            Ok(ReceivedMessage::Decoded(message)) => self.check(&extensions, &message, limit).await,
            Ok(ReceivedMessage::Undecoded(request)) => return self.handle_undecoded(*request, limit).await,
            Err(error) => self.deny_failed(error),
        };
        into_response(outcome, &extensions)
    }

    async fn check(
        &self,
        extensions: &Extensions,
        message: &CheckRequest,
        limit: Duration,
    ) -> Result<CheckOutcome, RpcError> {
        let call = CallContext::from_extensions(extensions)?;
        let settings = self.checker.settings();
        let attributes = message.attributes.as_ref();
        let profile = route_profile(settings, attributes)?;
        let request = parse_request(attributes);
        let gateway = AskingGateway {
            caller: &call.caller,
            request_id: &call.request_id,
            client: client_address(&request, settings.ext_authz_client),
        };
        let mut checking = pin!(self.checker.check(&request, &profile, gateway));
        // A check that finishes without waiting needs no timer.
        let checked = match poll!(&mut checking) {
            Poll::Ready(checked) => checked,
            Poll::Pending => timeout(limit, checking).await.unwrap_or_else(|_| {
                let detail = format!("the session store did not respond within the time of the check ({limit:?})");
                CheckedRequest::without_verdict(CallError::StoreUnavailable(detail.into()))
            }),
        };
        let CheckedRequest { decision, verdict, failure } = checked;
        self.checker.record(GatewayProtocol::ExtAuthz, &decision);
        let answer = CheckAnswer::new(decision, verdict, &profile, &request, settings);
        Ok(CheckOutcome { answer, failure })
    }

    /// Handles a request that is not exactly one plain message.
    async fn handle_undecoded(&self, request: HttpRequest, limit: Duration) -> HttpResponse {
        let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
        let mut grpc = Grpc::new(codec).max_decoding_message_size(self.checker.settings().max_check_bytes);
        let check = |request: Request<CheckRequest>| async {
            let (_, extensions, message) = request.into_parts();
            let outcome = self.check(&extensions, &message, limit).await;
            log_scope(&extensions, || {
                status::into_grpc_result(outcome.and_then(|CheckOutcome { answer, failure }| {
                    if let Some(failure) = &failure {
                        status::log_error(failure);
                    }
                    let message = answer.to_message();
                    message.map_err(|error| {
                        CallError::Internal(format!("a response cannot be decoded: {error}").into()).into()
                    })
                }))
            })
        };
        grpc.unary(service_fn(check), request).await
    }

    /// Returns a denial for a check that could not be carried out, or the error if the gateway is at fault.
    fn deny_failed(&self, error: RpcError) -> Result<CheckOutcome, RpcError> {
        let (denial, outcome) = denial_without_check(error)?;
        self.checker.record(GatewayProtocol::ExtAuthz, outcome);
        Ok(denial)
    }
}

/// Returns a denial for a check that could not be carried out because of `error`, or the error if the gateway is at
/// fault.
fn denial_without_check(error: RpcError) -> Result<(CheckOutcome, DecisionOutcome), RpcError> {
    match error {
        RpcError::UseCase(
            CallError::InvalidArgument(_) | CallError::Unauthenticated(_) | CallError::PermissionDenied(_),
        ) => Err(error),
        RpcError::MessageTooLarge { .. } => {
            let answer = CheckAnswer::without_metadata(denied(DenialResponse::headers_too_large(), false));
            Ok((CheckOutcome { answer, failure: Some(error) }, DecisionOutcome::HeadersTooLarge))
        }
        failure => {
            let CheckedRequest { decision, failure, .. } = CheckedRequest::without_verdict(failure);
            let answer = CheckAnswer::without_metadata(response::unavailable(&decision, false));
            Ok((CheckOutcome { answer, failure }, DecisionOutcome::NoVerdict))
        }
    }
}

/// Returns the response of a call with these extensions.
fn into_response(outcome: Result<CheckOutcome, RpcError>, extensions: &Extensions) -> HttpResponse {
    match outcome {
        Ok(CheckOutcome { answer, failure }) => {
            let mut http = unary::ok_response(answer.encoded_len(), |to| answer.encode(to));
            // The response is a success of gRPC also if there is no verdict.
            if let Some(failure) = failure {
                log_scope(extensions, || status::log_error(&failure));
                http.extensions_mut().insert(ObservedCode(status::code(&failure)));
            }
            http
        }
        Err(error) => log_scope(extensions, || status::log_and_convert(error)).into_http(),
    }
}

/// Returns the time limit of a check: less than that of the call, and than that of Envoy.
fn check_timeout(headers: &HeaderMap, call: Duration) -> Duration {
    let expected = headers.get(EXPECTED_TIMEOUT).and_then(|value| value.to_str().ok()?.parse().ok());
    let limit =
        expected.map(Duration::from_millis).filter(|limit| !limit.is_zero()).map_or(call, |limit| limit.min(call));
    limit.saturating_sub(RESPONSE_MARGIN.min(limit / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_ends_before_envoy_gives_up() {
        let call = Duration::from_secs(1);
        for (expected, limit) in
            [(None, 980), (Some("500"), 480), (Some("10"), 5), (Some("5000"), 980), (Some("0"), 980), (Some("x"), 980)]
        {
            let headers =
                expected.map(|value| (EXPECTED_TIMEOUT.parse().expect("a name"), value.parse().expect("a value")));
            assert_eq!(
                check_timeout(&headers.into_iter().collect(), call),
                Duration::from_millis(limit),
                "{expected:?}"
            );
        }
    }

    #[test]
    fn only_faults_of_the_gateway_are_errors() {
        let status = |error| {
            let denial = denial_without_check(error).map(|(denial, _)| denial.answer.to_message());
            denial.map(|message| response::tests::denied_status(&message.expect("a response")))
        };
        assert_eq!(status(RpcError::Overloaded), Ok(503));
        assert_eq!(status(RpcError::CallerLimitReached), Ok(503));
        assert_eq!(status(CallError::StoreUnavailable("no store".into()).into()), Ok(503));
        assert_eq!(status(RpcError::MessageTooLarge { limit: 1 }), Ok(431));
        let refused = RpcError::from(CallError::Unauthenticated("no key"));
        assert_eq!(status(refused.clone()), Err(refused));
    }
}
