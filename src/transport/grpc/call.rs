//! What every call comes with: who calls, under which request id, as part of which trace.
//!
//! The layer here stands before all services. It authenticates the caller and checks its role by the headers alone,
//! bounds the call's time, names it in the log and measures it. The call gets its place in a budget after its message
//! has arrived, in the layers behind this one.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use data_encoding::HEXLOWER;
use futures_util::poll;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt;
use prost::bytes::Bytes;
use tokio::sync::Notify;
pub use tonic::Code;
use tonic::{Request, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{
    admission::{
        AdmissionControl, AdmissionLimits, AdmissionRefusal, BudgetPermit, CallerAccount, MethodRequirements, WorkKind,
    },
    connection_layer::{count_unauthenticated_call, mark_authenticated, request_connection},
    not_grpc,
    permit_body::hold_permit,
    refused_caller_log::RefusedCallerLog,
    status,
    trace_context::TraceContext,
};
use crate::{
    authority::{
        Authenticator,
        permissions::{PERMISSIONS, permit_path},
    },
    clock::Stopwatch,
    domain::{CallError, Caller, Cause, FieldViolation},
    entropy::{Entropy, EntropyPool},
    transport::bearer,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TIMEOUT_HEADER: &str = "grpc-timeout";
const REQUEST_ID_BYTES: usize = 128;
/// What is kept of a caller's time for the answer. The library's own timer ends the call when all of it is
/// over, with an answer that has neither request id nor reason.
const RESPONSE_MARGIN: Duration = Duration::from_millis(5);
/// What a call that looks into the audit database may take at least: longer than that is waited for.
const AUDIT_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Names what is not of the contract: health, reflection, and what does not exist.
const OTHER_METHOD: &str = "other";
/// The most frequent call of all.
const VALIDATE_METHOD: &str = "session.v1.SessionService/Validate";

/// A call that is being answered.
#[derive(Debug)]
pub struct CallContext {
    pub caller: Arc<Caller>,
    /// As given, or made where none was.
    pub request_id: String,
    pub(super) requirements: MethodRequirements,
    /// What its places are counted in.
    pub(super) account: Arc<CallerAccount>,
    pub(super) receive_limit: ReceiveLimit,
    permits: Mutex<CallPermits>,
    message_received: Notify,
}

/// How long the message of a call may take to arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveLimit {
    pub(super) timeout: Duration,
    /// Whether the caller gives the call less time than the server would.
    pub(super) is_set_by_caller: bool,
}

/// The places that a call has in budgets.
#[derive(Debug, Default)]
struct CallPermits {
    /// Held until the answer begins.
    work: Option<BudgetPermit>,
    /// Held for as long as the stream is open.
    stream: Option<BudgetPermit>,
}

impl CallContext {
    /// The call that a request came with.
    pub(super) fn from_request<T>(request: &Request<T>) -> Result<Arc<Self>, CallError> {
        Self::from_extensions(request.extensions()).cloned()
    }

    /// As [`CallContext::of`], of a request that is in pieces.
    pub(super) fn from_extensions(extensions: &Extensions) -> Result<&Arc<Self>, CallError> {
        extensions.get().ok_or_else(|| CallError::Internal("a request passed by authentication".to_owned()))
    }

    /// Notes that the message has arrived and that the call has these places.
    pub(super) fn set_permits(&self, work: Option<BudgetPermit>, stream: Option<BudgetPermit>) {
        *self.permits() = CallPermits { work, stream };
        self.message_received.notify_one();
    }

    /// Takes over the place of a stream, for the task that works on it.
    pub(super) fn take_stream_permit(&self) -> Option<BudgetPermit> {
        self.permits().stream.take()
    }

    fn permits(&self) -> MutexGuard<'_, CallPermits> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why this call does what it does, for the audit.
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

/// Is told of every call, of its start and of its end, and of what goes on in streams of checks.
pub trait CallObserver: Send + Sync {
    fn call_started(&self);
    /// `method` is one of the contract's, as `package.Service/Method`, or `other`.
    fn call_finished(&self, method: &'static str, code: Code, took: Duration);
    /// So many more `ValidateStream`s are open than before, or fewer.
    fn add_open_streams(&self, more: i64);
    /// So many more of their checks are under way than before, or fewer. Those that are done at once never are.
    fn add_checks_in_flight(&self, more: i64);
    /// There is a budget of so many places.
    fn set_budget_capacity(&self, work: WorkKind, places: u32);
    /// So many more places of a budget are taken than before, or fewer.
    fn add_permits_in_use(&self, work: WorkKind, more: i64);
    /// A call, or a part of one, got no place.
    fn admission_refused(&self, work: WorkKind, refusal: AdmissionRefusal);
}

/// What the layer needs.
pub struct CallLayerConfig {
    pub authenticator: Arc<dyn Authenticator>,
    pub entropy: Arc<dyn Entropy>,
    pub observer: Arc<dyn CallObserver>,
    pub budgets: AdmissionLimits,
    /// How long a call's message may take to arrive.
    pub message_timeout: Duration,
    /// How long a call may take from then on, whatever time its caller gives it. Streams may go on.
    pub timeout: Duration,
    /// Whether traces are collected: then every call has a span, however short it is.
    pub traced: bool,
}

struct CallLayerState {
    parts: CallLayerConfig,
    admission: AdmissionControl,
    random_bytes: EntropyPool,
    refused_callers: RefusedCallerLog,
}

/// The layer before all services.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<CallLayerState>);

impl CallLayer {
    pub(super) fn new(parts: CallLayerConfig, admission: AdmissionControl) -> Self {
        let refused = RefusedCallerLog::default();
        Self(Arc::new(CallLayerState {
            parts,
            admission,
            random_bytes: EntropyPool::default(),
            refused_callers: refused,
        }))
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService { inner, shared: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(super) struct CallService<S> {
    inner: S,
    shared: Arc<CallLayerState>,
}

type HttpRequest = http::Request<Body>;
type HttpResponse = http::Response<Body>;

impl<S> Service<HttpRequest> for CallService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        // The service that was found ready must be the one that is called.
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            match not_grpc::reject(&request) {
                Some(refusal) => Ok(refusal),
                None => Ok(shared.handle(inner, request).await),
            }
        })
    }
}

impl CallLayerState {
    async fn handle<S>(&self, mut inner: S, mut request: HttpRequest) -> HttpResponse
    where
        S: Service<HttpRequest, Response = HttpResponse, Error = Infallible>,
    {
        let method = method_label(request.uri().path());
        let mut observed = CallObservation::start(self.parts.observer.as_ref(), method);
        let request_id = self.request_id(request.headers());
        let incoming_trace =
            request.headers().get(&TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(TraceContext::parse);
        let authenticated = self.authenticate(&request);
        let new_span = || tracing::info_span!("grpc.call", otel.kind = "server", rpc.method = method, request_id);
        // Of a validation that is answered at once nothing is logged, and a span costs as much as its verdict.
        let can_skip_span =
            method == VALIDATE_METHOD && !self.parts.traced && !tracing::enabled!(tracing::Level::DEBUG);
        let span = if can_skip_span { Span::none() } else { new_span() };
        // What a stranger says of its trace does not decide whether spans are exported.
        if let Some(parent) = incoming_trace.filter(|_| matches!(&authenticated, Ok(Some(_)))) {
            // Fails only where traces are not collected.
            let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent.remote_parent()));
        }
        let trace = TraceContext::from_span(&span).unwrap_or_else(|| self.generate_trace_context(incoming_trace));

        let call = authenticated.and_then(|caller| self.call(&request, method, caller, &request_id));
        let mut response = match call {
            Ok((call, given)) => {
                request.extensions_mut().insert(Arc::clone(&call));
                let reads_audit = method.starts_with("session.v1.AdminService/");
                let longest = if reads_audit { self.parts.timeout.max(AUDIT_CALL_TIMEOUT) } else { self.parts.timeout };
                let mut answering = pin!(inner.call(request).instrument(span.clone()));
                // What is answered without waiting needs no timer.
                let answered = match poll!(&mut answering) {
                    Poll::Ready(answered) => Ok(answered),
                    Poll::Pending => {
                        let late_span = if can_skip_span { new_span() } else { Span::none() };
                        let answered = async {
                            // The message has a limit of its own to arrive in.
                            tokio::select! {
                                biased;
                                () = call.message_received.notified() => {}
                                answered = &mut answering => return Ok(answered),
                            }
                            let left = given.map(|given| given.saturating_sub(observed.watch.elapsed()));
                            tokio::time::timeout(effective_timeout(left, longest), answering).await
                        };
                        answered.instrument(late_span).await
                    }
                };
                let CallPermits { work, stream } = std::mem::take(&mut *call.permits());
                drop(work);
                match answered {
                    Ok(Ok(response)) => hold_permit(response, stream),
                    Ok(Err(never)) => match never {},
                    Err(_) => status::deadline_exceeded().into_http(),
                }
            }
            Err(error) => status::from_error(&error).into_http(),
        };
        let headers = response.headers_mut();
        observed.code =
            Status::from_header_map(headers).map_or(Code::Ok, |status| add_error_reason(&status, method, headers));
        tracing::debug!(parent: &span, code = ?observed.code, "answered");
        insert_response_header(headers, &REQUEST_ID, request_id.into());
        insert_response_header(headers, &TRACEPARENT, Bytes::copy_from_slice(&trace.header()));
        response
    }

    /// Who calls; `None` for health, which is anybody's to ask for.
    fn authenticate(&self, request: &HttpRequest) -> Result<Option<Arc<Caller>>, CallError> {
        if request.uri().path().starts_with("/grpc.health.v1.Health/") {
            return Ok(None);
        }
        let credential = bearer::credential(request.headers());
        let authenticator = self.parts.authenticator.as_ref();
        let caller = authenticator.authenticate(credential).inspect_err(|error| {
            self.refused_callers.log_refusal(authenticator, credential, peer_address(request.extensions()), error);
            count_unauthenticated_call(request.extensions());
        })?;
        mark_authenticated(request.extensions(), &caller);
        Ok(Some(caller))
    }

    /// The call of `caller`, if its role may call the method at all, and the time that it gives the call.
    fn call(
        &self,
        request: &HttpRequest,
        method: &'static str,
        caller: Option<Arc<Caller>>,
        request_id: &str,
    ) -> Result<(Arc<CallContext>, Option<Duration>), CallError> {
        if let Some(caller) = &caller {
            permit_path(caller, method)?;
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
            requirements: MethodRequirements::from_path(request.uri().path()),
            account,
            receive_limit,
            permits: Mutex::default(),
            message_received: Notify::new(),
        };
        Ok((Arc::new(call), given))
    }

    /// The caller's own request id if it is fit to be logged and sent back, else a new one.
    fn request_id(&self, headers: &HeaderMap) -> String {
        headers
            .get(&REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| (1..=REQUEST_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()))
            .map_or_else(|| HEXLOWER.encode(&self.random::<16>()), ToOwned::to_owned)
    }

    /// A part of the caller's trace, or of a new one, where traces are not collected.
    fn generate_trace_context(&self, given: Option<TraceContext>) -> TraceContext {
        let trace = given.map_or_else(|| self.random(), |given| given.trace);
        TraceContext { trace, span: self.random(), flags: given.map_or(0, |given| given.flags) }
    }

    /// Only names are made of these, so a call goes on without randomness.
    fn random<const N: usize>(&self) -> [u8; N] {
        self.random_bytes.take(self.parts.entropy.as_ref()).unwrap_or([1; N])
    }
}

/// The other end of the connection.
fn peer_address(extensions: &Extensions) -> Option<SocketAddr> {
    request_connection(extensions).map(|connection| connection.remote())
}

/// Adds a name that no other answer has: nothing for the table that headers are compressed by (RFC 7541 §6.2.3).
fn insert_response_header(headers: &mut HeaderMap, name: &HeaderName, value: Bytes) {
    if let Ok(mut value) = HeaderValue::from_maybe_shared(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// A call that ends when this is dropped: as cancelled, when its caller gave it up before it was answered.
struct CallObservation<'a> {
    observer: &'a dyn CallObserver,
    method: &'static str,
    watch: Stopwatch,
    code: Code,
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

/// The label that a path has in logs and metrics: one of a fixed set, whatever strangers send.
fn method_label(path: &str) -> &'static str {
    let path = path.strip_prefix('/').unwrap_or(path);
    PERMISSIONS.iter().map(|(_, listed, _)| *listed).find(|listed| *listed == path).unwrap_or(OTHER_METHOD)
}

/// Gives a failure that has none its reason. Answers the code that it has then.
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

/// How long a call may take: less by [`RESPONSE_MARGIN`] than its caller gives it, and no longer than `most`.
fn effective_timeout(given: Option<Duration>, limit: Duration) -> Duration {
    given.map_or(limit, |given| limit.min(given.saturating_sub(RESPONSE_MARGIN.min(given / 2))))
}

/// The time that the caller gives the call. A malformed one is an error: the caller waits for a time that nobody knows.
fn parse_timeout_header(headers: &HeaderMap) -> Result<Option<Duration>, CallError> {
    let Some(value) = headers.get(TIMEOUT_HEADER) else { return Ok(None) };
    let given = value.to_str().ok().and_then(parse_grpc_timeout);
    let malformed =
        || FieldViolation::new(TIMEOUT_HEADER, "is not 1 to 8 digits and one of the units H, M, S, m, u and n");
    given.map(Some).ok_or_else(|| malformed().into())
}

/// A span in the form of gRPC over HTTP/2 (`Timeout`).
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
