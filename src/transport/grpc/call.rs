//! What every call comes with: who calls, under which request id, as part of which trace.
//!
//! The layer here stands before all services. It authenticates the caller, admits the call to its budget,
//! bounds its time, names it in the log and measures it.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use data_encoding::HEXLOWER;
use futures_util::poll;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt;
use prost::bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
pub use tonic::Code;
use tonic::{Request, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{
    admission::{Admission, Budgets},
    connection_layer::note_authenticated,
    not_grpc, status,
    trace_context::TraceContext,
};
use crate::{
    authority::{Authenticator, permissions::TABLE},
    clock::Stopwatch,
    domain::{Caller, Cause, Error, Violation},
    entropy::{Entropy, Stock},
    transport::bearer,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TIMEOUT: &str = "grpc-timeout";
const REQUEST_ID_BYTES: usize = 128;
/// What is kept of a caller's time for the answer. The library's own timer ends the call when all of it is
/// over, with an answer that has neither request id nor reason.
const MARGIN: Duration = Duration::from_millis(5);
/// What a call that looks into the audit database may take at least: longer than that is waited for.
const LOOKING: Duration = Duration::from_secs(30);
/// Names what is not of the contract: health, reflection, and what does not exist.
const OTHER: &str = "other";
/// The most frequent call of all.
const VALIDATE: &str = "session.v1.SessionService/Validate";

/// A call that is being answered.
#[derive(Debug)]
pub struct Call {
    pub caller: Arc<Caller>,
    /// As given, or made where none was.
    pub request_id: String,
    /// In the budget. Held until the answer begins, unless it is taken before.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Call {
    /// The call that a request came with.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Arc<Self>, Error> {
        Self::within(request.extensions()).cloned()
    }

    /// As [`Call::of`], of a request that is in pieces.
    pub(super) fn within(extensions: &Extensions) -> Result<&Arc<Self>, Error> {
        extensions.get().ok_or_else(|| Error::Internal("a request passed by authentication".to_owned()))
    }

    /// Takes over the call's place in its budget, for work that goes on after the answer has begun. `None` where the
    /// call has none, or it was taken before.
    pub(super) fn take_place(&self) -> Option<OwnedSemaphorePermit> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
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
    fn started(&self);
    /// `method` is one of the contract's, as `package.Service/Method`, or `other`.
    fn finished(&self, method: &'static str, code: Code, took: Duration);
    /// So many more `ValidateStream`s are open than before, or fewer.
    fn streams_opened(&self, more: i64);
    /// So many more of their checks are under way than before, or fewer. Those that are done at once never are.
    fn checks_begun(&self, more: i64);
}

/// What the layer needs.
pub struct CallParts {
    pub authenticator: Arc<dyn Authenticator>,
    pub entropy: Arc<dyn Entropy>,
    pub observer: Arc<dyn CallObserver>,
    pub budgets: Budgets,
    /// How long a call may take, whatever time its caller gives it. Streams may go on.
    pub timeout: Duration,
    /// Whether traces are collected: then every call has a span, however short it is.
    pub traced: bool,
}

struct Shared {
    parts: CallParts,
    admission: Admission,
    names: Stock,
}

/// The layer before all services.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<Shared>);

impl CallLayer {
    pub(super) fn new(parts: CallParts, admission: Admission) -> Self {
        Self(Arc::new(Shared { parts, admission, names: Stock::default() }))
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
    shared: Arc<Shared>,
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
            match not_grpc::refusal(&request) {
                Some(refusal) => Ok(refusal),
                None => Ok(shared.answer(inner, request).await),
            }
        })
    }
}

impl Shared {
    async fn answer<S>(&self, mut inner: S, mut request: HttpRequest) -> HttpResponse
    where
        S: Service<HttpRequest, Response = HttpResponse, Error = Infallible>,
    {
        let method = method_of(request.uri().path());
        let mut observed = Observed::start(self.parts.observer.as_ref(), method);
        let request_id = self.request_id(request.headers());
        let given =
            request.headers().get(&TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(TraceContext::parse);
        let begin = || tracing::info_span!("grpc.call", otel.kind = "server", rpc.method = method, request_id);
        // Of a validation that is answered at once nothing is logged, and a span costs as much as its verdict.
        let may_be_silent = method == VALIDATE && !self.parts.traced && !tracing::enabled!(tracing::Level::DEBUG);
        let span = if may_be_silent { Span::none() } else { begin() };
        if let Some(parent) = given {
            // Fails only where traces are not collected.
            let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent.remote_parent()));
        }
        let trace = TraceContext::of(&span).unwrap_or_else(|| self.untraced(given));

        let admitted = self.authenticate(&request).and_then(|caller| {
            let given = deadline(request.headers())?;
            let place = self.admission.admit(request.uri().path())?;
            Ok((caller, given, place))
        });
        let mut response = match admitted {
            Ok((caller, given, place)) => {
                let call = Arc::new(Call { caller, request_id: request_id.clone(), place: Mutex::new(place) });
                request.extensions_mut().insert(Arc::clone(&call));
                let looks_into_the_audit = method.starts_with("session.v1.AdminService/");
                let longest = if looks_into_the_audit { self.parts.timeout.max(LOOKING) } else { self.parts.timeout };
                let allowed = allowed(given, longest);
                let mut answering = pin!(inner.call(request).instrument(span.clone()));
                // What is answered without waiting needs no timer.
                let answered = match poll!(&mut answering) {
                    Poll::Ready(answered) => Ok(answered),
                    Poll::Pending => {
                        let answered = tokio::time::timeout(allowed, answering);
                        let late = if may_be_silent { begin() } else { Span::none() };
                        answered.instrument(late).await
                    }
                };
                match answered {
                    Ok(Ok(response)) => response,
                    Ok(Err(never)) => match never {},
                    Err(_) => status::deadline_exceeded().into_http(),
                }
            }
            Err(error) => status::of(&error).into_http(),
        };
        let headers = response.headers_mut();
        observed.code = Status::from_header_map(headers).map_or(Code::Ok, |status| explain(&status, method, headers));
        tracing::debug!(parent: &span, code = ?observed.code, "answered");
        send_back(headers, &REQUEST_ID, request_id.into());
        send_back(headers, &TRACEPARENT, Bytes::copy_from_slice(&trace.header()));
        response
    }

    /// Health is anybody's to ask for; everything else is for callers.
    fn authenticate(&self, request: &HttpRequest) -> Result<Arc<Caller>, Error> {
        if request.uri().path().starts_with("/grpc.health.v1.Health/") {
            return Ok(Arc::new(Caller::anonymous()));
        }
        let caller = self.parts.authenticator.authenticate(bearer::credential(request.headers()))?;
        note_authenticated(request.extensions());
        Ok(caller)
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
    fn untraced(&self, given: Option<TraceContext>) -> TraceContext {
        let trace = given.map_or_else(|| self.random(), |given| given.trace);
        TraceContext { trace, span: self.random(), flags: given.map_or(0, |given| given.flags) }
    }

    /// Only names are made of these, so a call goes on without randomness.
    fn random<const N: usize>(&self) -> [u8; N] {
        self.names.take(self.parts.entropy.as_ref()).unwrap_or([1; N])
    }
}

/// Adds a name that no other answer has: nothing for the table that headers are compressed by (RFC 7541 §6.2.3).
fn send_back(headers: &mut HeaderMap, name: &HeaderName, value: Bytes) {
    if let Ok(mut value) = HeaderValue::from_maybe_shared(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// A call that ends when this is dropped: as cancelled, when its caller gave it up before it was answered.
struct Observed<'a> {
    observer: &'a dyn CallObserver,
    method: &'static str,
    watch: Stopwatch,
    code: Code,
}

impl<'a> Observed<'a> {
    fn start(observer: &'a dyn CallObserver, method: &'static str) -> Self {
        observer.started();
        Self { observer, method, watch: Stopwatch::start(), code: Code::Cancelled }
    }
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        self.observer.finished(self.method, self.code, self.watch.elapsed());
    }
}

/// The label that a path has in logs and metrics: one of a fixed set, whatever strangers send.
fn method_of(path: &str) -> &'static str {
    let path = path.strip_prefix('/').unwrap_or(path);
    TABLE.iter().map(|(_, listed, _)| *listed).find(|listed| *listed == path).unwrap_or(OTHER)
}

/// Gives a failure that has none its reason. Answers the code that it has then.
fn explain(status: &Status, method: &'static str, headers: &mut HeaderMap) -> Code {
    let explained = match status.code() {
        Code::Unimplemented if method == OTHER => Some(status::unknown_method()),
        _ if method == OTHER => None,
        _ => status::unreadable(status),
    };
    match explained {
        Some(explained) if explained.add_header(headers).is_ok() => explained.code(),
        _ => status.code(),
    }
}

/// How long a call may take: less by [`MARGIN`] than its caller gives it, and no longer than `most`.
fn allowed(given: Option<Duration>, most: Duration) -> Duration {
    given.map_or(most, |given| most.min(given.saturating_sub(MARGIN.min(given / 2))))
}

/// The time that the caller gives the call. A malformed one is an error: the caller waits for a time that nobody knows.
fn deadline(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get(TIMEOUT) else { return Ok(None) };
    let given = value.to_str().ok().and_then(span_of);
    let malformed = || Violation::new(TIMEOUT, "is not 1 to 8 digits and one of the units H, M, S, m, u and n");
    given.map(Some).ok_or_else(|| malformed().into())
}

/// A span in the form of gRPC over HTTP/2 (`Timeout`).
fn span_of(text: &str) -> Option<Duration> {
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
mod tests;
