//! The fast path of `Validate` and `ValidateStream`, the most frequent calls.
//!
//! All other methods belong to services behind a router, and tonic reads and writes their messages as streams. That
//! costs about as much as a verdict from memory. The layer in `fast_path` therefore precedes the router:
//!
//! - `unary`, next to this module, reads a request that is one plain message in one frame, and writes a response as one
//!   frame. Every other request is left to tonic.
//! - `answer` and `codec` encode a response directly into the send buffer, from the encoded session in the near cache
//!   ([`LiveSession::encoded_session`](crate::authority::LiveSession::encoded_session)).
//! - `stream` is `ValidateStream`, which needs no fast path except for `answer` and `codec`.
//!
//! Two shortcuts elsewhere belong to it: a validation has no span unless it fails (`call.rs`), and its requirements are
//! known without parsing its path (`admission/work.rs`).
//!
//! # Benefit
//!
//! `benches/README.md` compares with a tonic server that returns a constant. A node must reach 0.90 of its rate:
//!
//! | server CPU per call | µs |
//! |---|---|
//! | constant | 18.3 |
//! | `Validate` from memory | 19.1, which is 0.96 of it |
//! | a check of `ValidateStream` from memory | 3.0 |
//! | building the message of a response, which `answer` avoids | 0.9 |
//!
//! Authentication, admission, metrics and the verdict thus cost 0.8 µs more than the fast path saves. Before `unary`, a
//! node needed 1.13 times the CPU of the constant server and missed the target.
//!
//! # Removal
//!
//! `unary` and the layer may go as soon as `cargo bench --bench validate` meets its targets with `Validate` as a method
//! of `SessionServiceHandler`, for example because tonic has a path for unary calls. `answer` and `codec` may go when
//! a check of a stream need not cost less than building its message adds: a third.

mod answer;
mod codec;
mod stream;

use std::{
    future::{poll_fn, ready},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http::Extensions;
use tonic::{Request, server::Grpc};
use tower::service_fn;

use self::{
    answer::{ValidateAnswer, WireEncode},
    codec::ValidateCodec,
};
use super::{HttpRequest, HttpResponse};
use super::{
    admission::AdmissionControl,
    call::{CallContext, CallObserver, log_scope},
    request,
    response_stream::ResponseStreamSpawner,
    rpc_error::RpcError,
    status,
    unary::{self, ReceivedMessage},
};
use crate::{
    api,
    authority::{Authenticator, Presenter, TokenValidator, ValidationRequest},
    domain::{BearerToken, CallError, Caller},
};

/// The handler of validations.
pub(super) struct ValidationHandler {
    pub(super) validator: Arc<TokenValidator>,
    pub(super) authenticator: Arc<dyn Authenticator>,
    /// Provides the permits of calls, and of the checks of streams, which wait for theirs.
    pub(super) admission: AdmissionControl,
    pub(super) observer: Arc<dyn CallObserver>,
    /// The maximum size of a request, in bytes.
    pub(super) message_bytes: usize,
    /// The time limit of a check of a stream.
    pub(super) timeout: Duration,
    /// The maximum number of unanswered checks of one stream.
    pub(super) max_in_flight_per_stream: usize,
    pub(super) streams: ResponseStreamSpawner,
}

impl ValidationHandler {
    async fn validate(
        &self,
        extensions: &Extensions,
        message: &mut api::ValidateRequest,
    ) -> Result<ValidateAnswer, CallError> {
        let call = CallContext::from_extensions(extensions)?;
        self.validate_token(message, &call.caller, &call.request_id).await
    }

    async fn validate_token(
        &self,
        message: &mut api::ValidateRequest,
        caller: &Caller,
        request_id: &str,
    ) -> Result<ValidateAnswer, CallError> {
        let options = request::parse_validate(message)?;
        let request = ValidationRequest {
            token: BearerToken::new(std::mem::take(&mut message.token)),
            strong: options.strong,
            touch: options.touch,
            max_auth_age: options.max_auth_age,
            min_assurance_level: message.min_assurance_level,
            tenants: &caller.tenants,
            presenter: Presenter { client: &options.client, caller: &caller.name, request_id },
        };
        Ok(self.validator.validate(&request).await?.into())
    }

    /// Handles one validation. Rarely needed parts are boxed: every call takes as much memory as this future.
    pub(super) async fn handle_unary(self: Arc<Self>, mut request: HttpRequest) -> HttpResponse {
        let limit = self.message_bytes;
        let taken = poll_fn(|context| Poll::Ready(unary::take_message(&mut request, limit, context))).await;
        match taken {
            Some(mut message) => {
                let admitted = self.admission.admit_request(request.extensions());
                let answer = match admitted {
                    Ok(()) => self.validate(request.extensions(), &mut message).await.map_err(RpcError::from),
                    Err(error) => Err(error),
                };
                into_response(answer, request.extensions())
            }
            None => Box::pin(self.handle_incomplete(request)).await,
        }
    }

    /// Handles a request whose message is not there yet, or is not one plain message.
    async fn handle_incomplete(&self, request: HttpRequest) -> HttpResponse {
        let extensions = request.extensions().clone();
        let answer = match unary::receive_message(&self.admission, request, self.message_bytes).await {
            Ok(ReceivedMessage::Decoded(mut message)) => {
                self.validate(&extensions, &mut message).await.map_err(RpcError::from)
            }
            Ok(ReceivedMessage::Undecoded(request)) => return self.handle_undecoded(*request).await,
            Err(error) => Err(error),
        };
        into_response(answer, &extensions)
    }

    /// Handles a request that is not exactly one plain message.
    async fn handle_undecoded(&self, request: HttpRequest) -> HttpResponse {
        let mut grpc = Grpc::new(ValidateCodec::new()).max_decoding_message_size(self.message_bytes);
        let validate = |request: Request<_>| async {
            let (_, extensions, mut message) = request.into_parts();
            let answer = self.validate(&extensions, &mut message).await;
            log_scope(&extensions, || status::into_grpc_result(answer))
        };
        grpc.unary(service_fn(validate), request).await
    }

    pub(super) async fn handle_stream(self: Arc<Self>, request: HttpRequest) -> HttpResponse {
        if let Err(error) = self.admission.admit_request(request.extensions()) {
            return status::log_and_convert(error).into_http();
        }
        let mut grpc = Grpc::new(ValidateCodec::new()).max_decoding_message_size(self.message_bytes);
        let open = |request| ready(status::into_grpc_result(stream::open(&self, request)));
        grpc.streaming(service_fn(open), request).await
    }
}

/// Returns the response of a call with these extensions.
fn into_response(answer: Result<ValidateAnswer, RpcError>, extensions: &Extensions) -> HttpResponse {
    match answer {
        Ok(answer) => unary::ok_response(answer.encoded_len(), |to| answer.encode(to)),
        Err(error) => log_scope(extensions, || status::log_and_convert(error)).into_http(),
    }
}
