//! The context of every call: the caller, the request ID and the trace.
//!
//! The layer in this module precedes all services. It authenticates the caller and checks its role by the headers and
//! the connection alone, limits the time of the call, identifies it in the log and measures it. The call takes its
//! permit from a budget after its message has arrived, in the layers behind this one.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use data_encoding::HEXLOWER;
use futures_util::poll;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt;
use prost::bytes::Bytes;
use tokio::sync::Notify;
pub use tonic::Code;
use tonic::{Request, Status};
use tower::Layer;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{HttpRequest, HttpResponse};
use super::{
    admission::{AdmissionControl, AdmissionLimits, AdmissionRefusal, BudgetPermit, CallerAccount, WorkKind},
    authorized_body::end_with_authorization,
    connection::request_connection,
    local_caller::LocalCaller,
    methods::{ApiMethod, DeadlineClass, MethodSpec, OTHER_METHOD},
    middleware::{InnerService, Middleware, MiddlewareService},
    not_grpc,
    permit_body::hold_permit,
    refused_caller_log::RefusedCallerLog,
    status,
    stream_authorization::StreamAuthorization,
    trace_context::TraceContext,
};
use crate::{
    authority::{Authenticator, CallRefusal, PresentedCredentials, PresentedIdentity, RefusedCallRecorder},
    clock::{Clock, Stopwatch},
    domain::{CallError, Caller, Cause, FieldViolation, UnixMillis},
    entropy::{Entropy, EntropyPool},
    transport::{bearer, connections::InboundConnection},
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TIMEOUT_HEADER: &str = "grpc-timeout";
const REQUEST_ID_BYTES: usize = 128;
/// The part of a caller's time limit that is reserved for the response, so that it arrives before the caller gives up.
const RESPONSE_MARGIN: Duration = Duration::from_millis(5);
/// The minimum time limit of a call that reads the audit database. A longer configured limit applies instead.
const AUDIT_CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The context of a call in progress.
#[derive(Debug)]
pub struct CallContext {
    pub caller: Arc<Caller>,
    /// The request ID of the caller, or a generated one if the call has no usable ID.
    pub request_id: String,
    pub(super) method: &'static MethodSpec,
    /// The account in which its permits are counted.
    pub(super) account: Arc<CallerAccount>,
    pub(super) receive_limit: ReceiveLimit,
    permits: Mutex<CallPermits>,
    message_received: Notify,
}

/// The time limit for the message of a call to arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveLimit {
    pub(super) timeout: Duration,
    /// Set if the caller gives the call less time than the server would.
    pub(super) is_set_by_caller: bool,
}

/// The permits that a call holds in budgets.
#[derive(Debug, Default)]
struct CallPermits {
    /// Held until the response begins.
    work: Option<BudgetPermit>,
    /// Held while the stream is open.
    stream: Option<BudgetPermit>,
}

impl CallContext {
    /// Returns the context of the call that `request` belongs to. Fails with [`CallError::Internal`] if the request
    /// bypassed authentication.
    pub(super) fn from_request<T>(request: &Request<T>) -> Result<Arc<Self>, CallError> {
        Self::from_extensions(request.extensions()).cloned()
    }

    /// Same as [`CallContext::from_request`], for a request that is split into parts.
    pub(super) fn from_extensions(extensions: &Extensions) -> Result<&Arc<Self>, CallError> {
        extensions.get().ok_or_else(|| CallError::Internal("a request bypassed authentication".into()))
    }

    /// Stores the permits of the call, and signals that its message has arrived.
    pub(super) fn set_permits(&self, work: Option<BudgetPermit>, stream: Option<BudgetPermit>) {
        *self.permits() = CallPermits { work, stream };
        self.message_received.notify_one();
    }

    /// Takes the permit of a stream, for the task that works on it.
    pub(super) fn take_stream_permit(&self) -> Option<BudgetPermit> {
        self.permits().stream.take()
    }

    fn permits(&self) -> MutexGuard<'_, CallPermits> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the cause of the changes that this call makes, for the audit.
    pub(super) fn cause(&self, reason: &str, actor: &str) -> Cause {
        Cause {
            reason: reason.to_owned(),
            actor: actor.to_owned(),
            caller: self.caller.name.clone(),
            request_id: self.request_id.clone(),
            ..Cause::default()
        }
    }
}

/// The code with which a call is measured, in the extensions of a response whose status is OK although the call did not
/// succeed.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObservedCode(pub(super) Code);

/// An observer of the start and end of every call, of the checks in streams, and of admission.
pub trait CallObserver: Send + Sync {
    fn call_started(&self);
    /// Records the end of a call. `method` is one of the contract, as `package.Service/Method`, or `other`.
    fn call_finished(&self, method: &'static str, code: Code, took: Duration);
    /// Adds `more` to the number of open `ValidateStream`s. It is negative when streams close.
    fn add_open_streams(&self, more: i64);
    /// Adds `more` to the number of their checks in flight. Checks that finish immediately are not counted.
    fn add_checks_in_flight(&self, more: i64);
    /// Records the number of permits of a budget.
    fn set_budget_capacity(&self, work: WorkKind, places: u32);
    /// Adds `more` to the number of permits of a budget that are in use.
    fn add_permits_in_use(&self, work: WorkKind, more: i64);
    /// Records that a call, or a part of one, got no permit.
    fn admission_refused(&self, work: WorkKind, refusal: AdmissionRefusal);
}

/// The configuration and the collaborators of the layer.
pub struct CallLayerConfig {
    pub authenticator: Arc<dyn Authenticator>,
    pub entropy: Arc<dyn Entropy>,
    pub observer: Arc<dyn CallObserver>,
    /// Receives the calls that are refused for lack of authentication or permission.
    pub refused_calls: Arc<RefusedCallRecorder>,
    pub clock: Arc<dyn Clock>,
    pub budgets: AdmissionLimits,
    /// The time limit for the message of a call to arrive.
    pub message_timeout: Duration,
    /// The time limit of a call from then on, even if its caller gives it more. Streams may continue.
    pub timeout: Duration,
    /// Set if traces are collected. Every call then has a span, however short the call is.
    pub traced: bool,
}

/// The part of every call, of either protocol, that precedes its execution.
pub(in crate::transport) struct CallGate {
    parts: CallLayerConfig,
    admission: AdmissionControl,
    random_bytes: EntropyPool,
    refused_callers: RefusedCallerLog,
}

/// The layer in front of all services.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<CallGate>);

impl CallLayer {
    pub(super) fn new(parts: CallLayerConfig, admission: AdmissionControl) -> Self {
        let refused = RefusedCallerLog::default();
        Self(Arc::new(CallGate { parts, admission, random_bytes: EntropyPool::default(), refused_callers: refused }))
    }

    /// Returns the gate of the calls, for another protocol.
    pub(super) fn gate(&self) -> Arc<CallGate> {
        Arc::clone(&self.0)
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = MiddlewareService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        MiddlewareService::new(inner, self.clone())
    }
}

impl Middleware for CallLayer {
    fn handle(
        self,
        request: HttpRequest,
        inner: impl InnerService,
    ) -> impl Future<Output = Result<HttpResponse, Infallible>> + Send {
        self.0.handle(request, inner)
    }
}

impl CallGate {
    async fn handle(
        self: Arc<Self>,
        mut request: HttpRequest,
        mut inner: impl InnerService,
    ) -> Result<HttpResponse, Infallible> {
        if let Some(refusal) = not_grpc::reject(&request) {
            return Ok(refusal);
        }
        let method = MethodSpec::from_path(request.uri().path());
        let mut observed = CallObservation::start(self.parts.observer.as_ref(), method.path);
        let request_id = self.request_id(request.headers());
        let incoming_trace =
            request.headers().get(&TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(TraceContext::parse);
        let peer = peer_address(request.extensions());
        let authenticated = self.authenticate(&request, method, &request_id);
        let caller = authenticated.as_ref().ok().and_then(Clone::clone);
        // A validation logs nothing unless it fails, and a span costs as much as its verdict.
        let is_validation = matches!(method.method, Some(ApiMethod::Validate | ApiMethod::AuthorizationCheck));
        let can_skip_span = is_validation && !self.parts.traced && !tracing::enabled!(tracing::Level::DEBUG);
        let span = if can_skip_span { Span::none() } else { new_span(method, &request_id) };
        // The `traceparent` of an unauthenticated caller does not decide whether spans are exported.
        if let Some(parent) = incoming_trace.filter(|_| matches!(&authenticated, Ok(Some(_)))) {
            // Fails only if traces are not collected.
            let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent.remote_parent()));
        }

        let call = authenticated.and_then(|caller| self.call(&request, method, caller, &request_id));
        let mut response = match call {
            Ok((call, given)) => {
                let authorization = self.stream_authorization(&request, method);
                request.extensions_mut().insert(Arc::clone(&call));
                let longest = match method.deadline {
                    DeadlineClass::Standard => self.parts.timeout,
                    DeadlineClass::Audit => self.parts.timeout.max(AUDIT_CALL_TIMEOUT),
                };
                let mut answering = pin!(inner.call(request).instrument(span.clone()));
                // A call that finishes without waiting needs no timer.
                let answered = match poll!(&mut answering) {
                    Poll::Ready(answered) => Ok(answered),
                    // The arrival of the message has its own time limit.
                    Poll::Pending => tokio::select! {
                        biased;
                        () = call.message_received.notified() => {
                            let left = given.map(|given| given.saturating_sub(observed.watch.elapsed()));
                            tokio::time::timeout(effective_timeout(left, longest), answering).await
                        }
                        answered = &mut answering => Ok(answered),
                    },
                };
                let CallPermits { work, stream } = std::mem::take(&mut *call.permits());
                drop(work);
                match answered {
                    Ok(Ok(response)) => {
                        let response = hold_permit(response, stream);
                        match authorization {
                            Some(authorization) => end_with_authorization(response, authorization),
                            None => response,
                        }
                    }
                    Err(_) => status::deadline_exceeded().into_http(),
                }
            }
            Err(error) => status::from_error(&error.into()).into_http(),
        };
        let observed_code = response.extensions_mut().remove::<ObservedCode>();
        let headers = response.headers_mut();
        let failure = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok);
        observed.code = failure.as_ref().map_or(Code::Ok, |status| add_error_reason(status, method.path, headers));
        if let (Code::PermissionDenied, Some(caller), Some(status)) = (observed.code, &caller, &failure) {
            let refused = RefusedOrigin { caller: Some(caller), identity: &PresentedIdentity::default(), peer };
            self.record_refusal(refused, method, &request_id, status.message());
        }
        if let Some(ObservedCode(code)) = observed_code {
            observed.code = code;
        }
        tracing::debug!(parent: &span, code = ?observed.code, "call finished");
        // Envoy drops the metadata of a successful check.
        if failure.is_some() || method.method != Some(ApiMethod::AuthorizationCheck) {
            let own_trace = TraceContext::from_span(&span);
            let trace = own_trace.unwrap_or_else(|| self.generate_trace_context(incoming_trace));
            insert_response_header(headers, &REQUEST_ID, request_id.into());
            insert_response_header(headers, &TRACEPARENT, Bytes::copy_from_slice(&trace.header()));
        }
        Ok(response)
    }

    /// Authenticates the caller. Returns `None` for health checks, which anyone may call.
    fn authenticate(
        &self,
        request: &HttpRequest,
        method: &'static MethodSpec,
        request_id: &str,
    ) -> Result<Option<Arc<Caller>>, CallError> {
        if method.is_unauthenticated {
            return Ok(None);
        }
        let connection = request_connection(request.extensions());
        if let Some(local) = request.extensions().get::<LocalCaller>() {
            let caller = local.authenticate(self.parts.authenticator.as_ref())?;
            if let Some(connection) = connection {
                connection.mark_authenticated(&caller);
            }
            return Ok(Some(caller));
        }
        let key = bearer::credential(request.headers());
        self.authenticate_caller(key, connection, method, request_id).map(Some)
    }

    /// Authenticates the caller by an API key and by the client certificate of its connection, if there is one.
    /// Accounts for the result on the connection, and logs and records a refusal.
    pub(in crate::transport) fn authenticate_caller(
        &self,
        key: Option<&str>,
        connection: Option<&Arc<InboundConnection>>,
        method: &'static MethodSpec,
        request_id: &str,
    ) -> Result<Arc<Caller>, CallError> {
        let certificate = connection.and_then(|connection| connection.client_identity()).map(AsRef::as_ref);
        let credentials = PresentedCredentials { key, certificate };
        let authenticator = self.parts.authenticator.as_ref();
        let caller = authenticator.authenticate(credentials).inspect_err(|error| {
            if let Some(connection) = connection {
                connection.count_unauthenticated_call();
            }
            if let CallError::Unauthenticated(reason) = error {
                let peer = connection.map(|connection| connection.remote());
                let identity = authenticator.identify(credentials);
                self.refused_callers.log_refusal(&identity, peer, reason);
                let refused = RefusedOrigin { caller: None, identity: &identity, peer };
                self.record_refusal(refused, method, request_id, reason);
            }
        })?;
        // Tests that call without a network have no connection.
        if let Some(connection) = connection {
            connection.mark_authenticated(&caller);
        }
        Ok(caller)
    }

    /// Requires that the role of `caller` permits `method`, and records a refusal.
    pub(in crate::transport) fn permit_caller(
        &self,
        caller: &Caller,
        connection: &InboundConnection,
        method: &'static MethodSpec,
        request_id: &str,
    ) -> Result<(), CallError> {
        method.permit(caller).inspect_err(|error| {
            let (peer, identity) = (Some(connection.remote()), &PresentedIdentity::default());
            let refused = RefusedOrigin { caller: Some(caller), identity, peer };
            self.record_refusal(refused, method, request_id, status::from_error(&error.clone().into()).message());
        })
    }

    pub(in crate::transport) fn authenticator(&self) -> &dyn Authenticator {
        self.parts.authenticator.as_ref()
    }

    pub(in crate::transport) fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    /// Returns the time limit for a message to arrive.
    pub(in crate::transport) fn message_timeout(&self) -> Duration {
        self.parts.message_timeout
    }

    pub(in crate::transport) fn admission(&self) -> &AdmissionControl {
        &self.admission
    }

    /// Begins to observe a call of `method`.
    pub(in crate::transport) fn observe(&self, method: &'static MethodSpec) -> CallObservation<'_> {
        CallObservation::start(self.parts.observer.as_ref(), method.path)
    }

    /// Returns the authorization of a stream outside the contract. Those of the contract check theirs themselves.
    fn stream_authorization(&self, request: &HttpRequest, method: &'static MethodSpec) -> Option<StreamAuthorization> {
        if method.method.is_some() || !method.is_streaming() {
            return None;
        }
        let authenticator = Arc::clone(&self.parts.authenticator);
        Some(StreamAuthorization::new(request.headers(), request.extensions(), method, authenticator))
    }

    /// Records a refused call for the audit.
    fn record_refusal(&self, refused: RefusedOrigin<'_>, method: &MethodSpec, request_id: &str, reason: &str) {
        let RefusedOrigin { caller, identity, peer } = refused;
        let (method, peer, at) = (method.path, peer.map(|peer| peer.ip()), self.parts.clock.now());
        self.parts.refused_calls.record(CallRefusal { caller, identity, method, reason, peer, request_id, at });
    }

    /// Returns the context of a call of `caller`, and the time limit that the caller sets. Fails if the role of the
    /// caller does not permit the method, or if the time limit is malformed.
    fn call(
        &self,
        request: &HttpRequest,
        method: &'static MethodSpec,
        caller: Option<Arc<Caller>>,
        request_id: &str,
    ) -> Result<(Arc<CallContext>, Option<Duration>), CallError> {
        if let Some(caller) = &caller {
            method.permit(caller)?;
        }
        let given = parse_timeout_header(request.headers())?;
        let caller = caller.unwrap_or_else(|| Arc::new(Caller::anonymous()));
        let account = self.admission.account_for(&caller);
        let receive_timeout = effective_timeout(given, self.parts.message_timeout);
        let receive_limit =
            ReceiveLimit { timeout: receive_timeout, is_set_by_caller: receive_timeout < self.parts.message_timeout };
        let call = CallContext {
            caller,
            request_id: request_id.to_owned(),
            method,
            account,
            receive_limit,
            permits: Mutex::default(),
            message_received: Notify::new(),
        };
        Ok((Arc::new(call), given))
    }

    /// Returns the request ID of the caller if it is safe to log and to return, and a new one otherwise.
    pub(in crate::transport) fn request_id(&self, headers: &HeaderMap) -> String {
        headers
            .get(&REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| (1..=REQUEST_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()))
            .map_or_else(|| HEXLOWER.encode(&self.random::<16>()), ToOwned::to_owned)
    }

    /// Generates the trace context of a call whose trace is not collected: a span of the caller's trace, or of a new
    /// one.
    fn generate_trace_context(&self, given: Option<TraceContext>) -> TraceContext {
        let trace = given.map_or_else(|| self.random(), |given| given.trace);
        TraceContext { trace, span: self.random(), flags: given.map_or(0, |given| given.flags) }
    }

    /// Returns random bytes for IDs, or a constant if randomness is unavailable. They only serve as names, so the call
    /// proceeds without randomness.
    fn random<const N: usize>(&self) -> [u8; N] {
        self.random_bytes.take(self.parts.entropy.as_ref()).unwrap_or([1; N])
    }
}

/// The origin of a refused call.
#[derive(Clone, Copy)]
struct RefusedOrigin<'a> {
    /// `None` if the caller did not authenticate.
    caller: Option<&'a Caller>,
    identity: &'a PresentedIdentity,
    peer: Option<SocketAddr>,
}

/// Calls `log` in the span of the call with these extensions. The span is created now if the call has none.
pub(super) fn log_scope<T>(extensions: &Extensions, log: impl FnOnce() -> T) -> T {
    let call = CallContext::from_extensions(extensions).ok().filter(|_| Span::current().is_none());
    call.map_or_else(Span::none, |call| new_span(call.method, &call.request_id)).in_scope(log)
}

/// Returns the span of a call.
fn new_span(method: &MethodSpec, request_id: &str) -> Span {
    tracing::info_span!("grpc.call", otel.kind = "server", rpc.method = method.path, request_id)
}

/// Returns the address of the other end of the connection.
fn peer_address(extensions: &Extensions) -> Option<SocketAddr> {
    request_connection(extensions).map(|connection| connection.remote())
}

/// Adds a header with a value that no other response has. Marked as sensitive, it takes no space in the table for
/// header compression (RFC 7541 §6.2.3).
fn insert_response_header(headers: &mut HeaderMap, name: &HeaderName, value: Bytes) {
    if let Ok(mut value) = HeaderValue::from_maybe_shared(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// An observation of a call, which ends when it is dropped. A call that its caller cancelled before the response ends
/// as cancelled.
pub(in crate::transport) struct CallObservation<'a> {
    observer: &'a dyn CallObserver,
    method: &'static str,
    watch: Stopwatch,
    /// The code of the call.
    pub(in crate::transport) code: Code,
}

impl<'a> CallObservation<'a> {
    fn start(observer: &'a dyn CallObserver, method: &'static str) -> Self {
        observer.call_started();
        Self { observer, method, watch: Stopwatch::start(), code: Code::Cancelled }
    }
}

impl Drop for CallObservation<'_> {
    fn drop(&mut self) {
        self.observer.call_finished(self.method, self.code, self.watch.elapsed());
    }
}

/// Adds a reason to an error status that has none. Returns the resulting code.
fn add_error_reason(status: &Status, method: &'static str, headers: &mut HeaderMap) -> Code {
    let explained = match status.code() {
        Code::Unimplemented if method == OTHER_METHOD => Some(status::unknown_method()),
        _ if method == OTHER_METHOD => None,
        _ => status::explain_decode_failure(status),
    };
    match explained {
        Some(explained) if explained.add_header(headers).is_ok() => explained.code(),
        _ => status.code(),
    }
}

/// Returns the time limit of a call: `given` less [`RESPONSE_MARGIN`] (but at least half of `given`), and no longer
/// than `limit`.
fn effective_timeout(given: Option<Duration>, limit: Duration) -> Duration {
    given.map_or(limit, |given| limit.min(given.saturating_sub(RESPONSE_MARGIN.min(given / 2))))
}

/// Returns the time limit that the caller sets, if any. A malformed one is an error, because nobody knows how long such
/// a caller waits.
fn parse_timeout_header(headers: &HeaderMap) -> Result<Option<Duration>, CallError> {
    let Some(value) = headers.get(TIMEOUT_HEADER) else { return Ok(None) };
    let given = value.to_str().ok().and_then(parse_grpc_timeout);
    let malformed =
        || FieldViolation::new(TIMEOUT_HEADER, "must be 1 to 8 digits and one of the units H, M, S, m, u and n");
    given.map(Some).ok_or_else(|| malformed().into())
}

/// Parses a duration in the format of gRPC over HTTP/2 (`Timeout`).
fn parse_grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_count = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let count: u64 = digits.parse().ok().filter(|_| is_count)?;
    Some(match unit {
        "H" => Duration::from_hours(count),
        "M" => Duration::from_mins(count),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests;
