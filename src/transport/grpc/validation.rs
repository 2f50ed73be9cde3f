//! `Validate` and `ValidateStream` of `session.v1.SessionService`, the most frequent of all calls.
//!
//! The layer here stands before the services: a validation is not routed, and its answer is written into the buffer
//! that is sent without being made a message first.

use std::{
    convert::Infallible,
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::Either;
use http::{Extensions, request::Parts};
use tonic::{Request, body::Body, server::Grpc};
use tower::{Layer, Service, service_fn};

use super::{
    admission::Admission,
    call::{Call, CallObserver},
    one_message,
    receiving::receive_request,
    request,
    response_stream::ResponseStreams,
    status,
    validate_codec::ValidateCodec,
    validate_stream,
    verdict::{Answer, Encode},
};
use crate::{
    api,
    authority::{
        Authenticator, Authority, ValidateToken,
        permissions::{Method, permit},
    },
    domain::{BearerToken, Caller, Error},
};

/// Judges what a validation asks about.
pub(super) struct Validations {
    pub(super) authority: Arc<Authority>,
    pub(super) authenticator: Arc<dyn Authenticator>,
    /// Where calls get their places, and checks of streams wait for theirs.
    pub(super) admission: Admission,
    pub(super) observer: Arc<dyn CallObserver>,
    /// The largest request.
    pub(super) message_bytes: usize,
    /// How long a check of a stream may take.
    pub(super) timeout: Duration,
    /// Unanswered checks of one stream.
    pub(super) stream_in_flight: usize,
    pub(super) streams: ResponseStreams,
}

impl Validations {
    async fn validate(&self, extensions: &Extensions, message: api::ValidateRequest) -> Result<Answer, Error> {
        let call = Call::within(extensions)?;
        permit(&call.caller, Method::Validate)?;
        self.judge(message, &call.caller).await
    }

    pub(super) async fn judge(&self, mut message: api::ValidateRequest, caller: &Caller) -> Result<Answer, Error> {
        let demands = request::validate(&mut message)?;
        let verdict = self
            .authority
            .validate(ValidateToken {
                token: BearerToken::new(message.token),
                strong: demands.strong,
                touch: demands.touch,
                max_auth_age: demands.max_auth_age,
                min_assurance_level: message.min_assurance_level,
                tenants: &caller.tenants,
            })
            .await?;
        Ok(verdict.into())
    }

    async fn answer_one(self: Arc<Self>, request: HttpRequest) -> HttpResponse {
        let answer = match self.receive(request).await {
            Ok(Received::Message(parts, message)) => self.validate(&parts.extensions, message).await,
            // Behind a pointer, for it is large and every call would carry it.
            Ok(Received::Unusual(request)) => return Box::pin(self.answer_unusual(request)).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => one_message::answer(answer.encoded_len(), |to| answer.encode(to)),
            Err(error) => status::failed(&error).into_http(),
        }
    }

    /// Reads the message of a call, and then gives the call its place.
    async fn receive(&self, request: HttpRequest) -> Result<Received, Error> {
        let call = Arc::clone(Call::within(request.extensions())?);
        let reading = async {
            match one_message::read(request, self.message_bytes).await {
                Ok((parts, message)) => Ok(Received::Message(parts, message)),
                Err(request) => Box::pin(receive_request(request, self.message_bytes)).await.map(Received::Unusual),
            }
        };
        let received = self.admission.receive(&call, reading).await??;
        self.admission.admit(&call)?;
        Ok(received)
    }

    /// Answers what is not one plain message, or none at all.
    async fn answer_unusual(&self, request: HttpRequest) -> HttpResponse {
        let mut grpc = Grpc::new(ValidateCodec::new()).max_decoding_message_size(self.message_bytes);
        let validate = |request: Request<_>| async {
            let (_, extensions, message) = request.into_parts();
            status::answer(self.validate(&extensions, message).await)
        };
        grpc.unary(service_fn(validate), request).await
    }

    async fn answer_many(self: Arc<Self>, request: HttpRequest) -> HttpResponse {
        let admitted = Call::within(request.extensions()).and_then(|call| self.admission.admit(call));
        if let Err(error) = admitted {
            return status::failed(&error).into_http();
        }
        let mut grpc = Grpc::new(ValidateCodec::new()).max_decoding_message_size(self.message_bytes);
        let open = |request| ready(status::answer(validate_stream::open(&self, request)));
        grpc.streaming(service_fn(open), request).await
    }
}

/// A request that has arrived.
enum Received {
    /// As one plain message.
    Message(Parts, api::ValidateRequest),
    /// In another form, or wrong.
    Unusual(HttpRequest),
}

/// The layer before the services.
#[derive(Clone)]
pub(super) struct ValidationLayer(Arc<Validations>);

impl ValidationLayer {
    pub(super) fn new(validations: Validations) -> Self {
        Self(Arc::new(validations))
    }
}

impl<S> Layer<S> for ValidationLayer {
    type Service = ValidationService<S>;

    fn layer(&self, others: S) -> Self::Service {
        ValidationService { others, validations: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(super) struct ValidationService<S> {
    others: S,
    validations: Arc<Validations>,
}

type HttpRequest = http::Request<Body>;
type HttpResponse = http::Response<Body>;
type Answered = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

impl<S> Service<HttpRequest> for ValidationService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible>,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Either<Answered, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.others.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let validations = Arc::clone(&self.validations);
        match request.uri().path() {
            "/session.v1.SessionService/Validate" => {
                Either::Left(Box::pin(async move { Ok(validations.answer_one(request).await) }))
            }
            "/session.v1.SessionService/ValidateStream" => {
                Either::Left(Box::pin(async move { Ok(validations.answer_many(request).await) }))
            }
            _ => Either::Right(self.others.call(request)),
        }
    }
}
