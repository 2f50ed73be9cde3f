use std::future::{pending, ready};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter},
};
use tonic_types::StatusExt;
use tower::{ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::{
    entropy::SystemEntropy,
    transport::grpc::{admission::CallerRates, receive_layer::ReceiveLayer},
};

#[derive(Default)]
struct RecordingCallObserver(std::sync::Mutex<Vec<Option<Code>>>);

impl CallObserver for RecordingCallObserver {
    fn call_started(&self) {
        self.0.lock().expect("lock").push(None);
    }

    fn call_finished(&self, _: &'static str, code: Code, _: Duration) {
        self.0.lock().expect("lock").push(Some(code));
    }

    fn add_open_streams(&self, _: i64) {}

    fn add_checks_in_flight(&self, _: i64) {}

    fn set_budget_capacity(&self, _: WorkKind, _: u32) {}

    fn add_permits_in_use(&self, _: WorkKind, _: i64) {}

    fn admission_refused(&self, _: WorkKind, _: AdmissionRefusal) {}
}

/// An observer that ignores every call.
pub(in crate::transport::grpc) struct NoopCallObserver;

impl CallObserver for NoopCallObserver {
    fn call_started(&self) {}

    fn call_finished(&self, _: &'static str, _: Code, _: Duration) {}

    fn add_open_streams(&self, _: i64) {}

    fn add_checks_in_flight(&self, _: i64) {}

    fn set_budget_capacity(&self, _: WorkKind, _: u32) {}

    fn add_permits_in_use(&self, _: WorkKind, _: i64) {}

    fn admission_refused(&self, _: WorkKind, _: AdmissionRefusal) {}
}

#[test]
fn a_call_that_is_given_up_ends_as_cancelled() {
    let observer = RecordingCallObserver::default();
    drop(CallObservation::start(&observer, "m"));
    let mut answered = CallObservation::start(&observer, "m");
    answered.code = Code::Ok;
    drop(answered);
    assert_eq!(*observer.0.lock().expect("lock"), [None, Some(Code::Cancelled), None, Some(Code::Ok)]);
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    [(http::HeaderName::from_static(name), HeaderValue::from_str(value).expect("value"))].into_iter().collect()
}

#[test]
fn a_grpc_timeout_is_read_in_its_unit() {
    for (text, expected) in [("250m", Some(Duration::from_millis(250))), ("1S", Some(Duration::from_secs(1)))] {
        assert_eq!(parse_timeout_header(&headers("grpc-timeout", text)), Ok(expected));
    }
    assert_eq!(parse_timeout_header(&HeaderMap::new()), Ok(None));
    for wrong in ["", "m", "S", "-1S", "+1S", "123456789S", "1x", "1", "1 S"] {
        let Err(CallError::InvalidArgument(violations)) = parse_timeout_header(&headers("grpc-timeout", wrong)) else {
            panic!("{wrong}")
        };
        assert_eq!(violations.iter().next().expect("one").field, "grpc-timeout");
    }
}

proptest::proptest! {
    #[test]
    fn a_grpc_timeout_is_1_to_8_digits_and_a_unit(text in "\\PC{0,10}|[+0-9]{0,10}[HMSmunx]?") {
        let digits = ["H", "M", "S", "m", "u", "n"].iter().find_map(|unit| text.strip_suffix(unit));
        let is_count = |digits: &str| {
            (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
        };
        proptest::prop_assert_eq!(parse_grpc_timeout(&text).is_some(), digits.is_some_and(is_count));
    }
}

#[test]
fn a_call_is_given_up_before_its_caller_does() {
    let most = Duration::from_secs(10);
    for (text, expected) in [("250m", 245_000), ("4m", 2_000), ("0m", 0), ("1H", 10_000_000)] {
        assert_eq!(effective_timeout(parse_grpc_timeout(text), most), Duration::from_micros(expected), "{text}");
    }
    assert_eq!(effective_timeout(None, most), most);
}

/// An authenticator that accepts every caller, or none.
struct FixedAuthenticator {
    accepts: bool,
}

impl Authenticator for FixedAuthenticator {
    fn authenticate(&self, _: PresentedCredentials<'_>) -> Result<Arc<Caller>, CallError> {
        if self.accepts { Ok(Arc::new(Caller::anonymous())) } else { Err(CallError::Unauthenticated("no key")) }
    }
}

const ONE_PERMIT_EACH: AdmissionLimits = AdmissionLimits {
    validations: 1,
    writes: 1,
    revocations: 1,
    reads: 1,
    admin: 1,
    streams: 1,
    alerts: 1,
    receiving: 1,
    unauthenticated: 1,
    caller_share: 0.5,
    caller_rates: NO_RATES,
};

const NO_RATES: CallerRates =
    CallerRates { validations: 0, writes: 0, revocations: 0, reads: 0, admin: 0, burst: Duration::ZERO };

/// Returns the response of the layer over a service that responds with `inner`, or never if it is `None`.
async fn respond(path: &str, inner: Option<Status>, observer: &Arc<RecordingCallObserver>) -> HttpResponse {
    respond_with(FixedAuthenticator { accepts: true }, path, inner, observer).await
}

async fn respond_with(
    authenticator: FixedAuthenticator,
    path: &str,
    inner: Option<Status>,
    observer: &Arc<RecordingCallObserver>,
) -> HttpResponse {
    let parts = CallLayerConfig {
        authenticator: Arc::new(authenticator),
        entropy: Arc::new(SystemEntropy),
        observer: Arc::clone(observer) as _,
        refused_calls: Arc::default(),
        clock: Arc::new(crate::clock::SystemClock),
        budgets: ONE_PERMIT_EACH,
        message_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        traced: false,
    };
    let admission = AdmissionControl::new(ONE_PERMIT_EACH, &parts.observer);
    let inner = ReceiveLayer::new(admission.clone(), 1024).layer(service_fn(move |_: HttpRequest| {
        let inner = inner.clone();
        async move {
            match inner {
                Some(status) => ready(Ok(status.into_http())).await,
                None => pending().await,
            }
        }
    }));
    let service = CallLayer::new(parts, admission).layer(inner);
    let request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "10m")
        .header("traceparent", SAMPLED)
        .body(tonic::body::Body::empty())
        .expect("a request");
    service.oneshot(request).await.expect("a response")
}

#[tokio::test]
async fn every_failure_of_a_call_has_a_reason() {
    let (create, other) = ("/session.v1.SessionService/Create", "/session.v1.SessionService/Nope");
    for (path, inner, code, reason) in [
        (create, None, Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        (create, Some(Code::OutOfRange), Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        (create, Some(Code::Internal), Code::InvalidArgument, "MALFORMED_REQUEST"),
        (create, Some(Code::Unimplemented), Code::Unimplemented, "COMPRESSION_NOT_SUPPORTED"),
        (other, Some(Code::Unimplemented), Code::Unimplemented, "METHOD_NOT_SERVED"),
    ] {
        let observer = Arc::new(RecordingCallObserver::default());
        let response = respond(path, inner.map(|code| Status::new(code, "a message of the library")), &observer).await;
        let status = Status::from_header_map(response.headers()).expect("a failure");
        let details = status.get_error_details();
        let info = details.error_info().expect("every failure has ErrorInfo");
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "session.v1"));
        assert!(response.headers().contains_key(&REQUEST_ID) && response.headers().contains_key(&TRACEPARENT));
        assert_eq!(*observer.0.lock().expect("lock"), [None, Some(code)], "the call is counted under its code");
    }
}

#[tokio::test]
async fn a_failure_that_has_a_reason_keeps_it() {
    let internal = status::from_error(&CallError::Internal("detail".into()).into());
    let response = respond("/session.v1.SessionService/Create", Some(internal.clone()), &Arc::default()).await;
    let status = Status::from_header_map(response.headers()).expect("a failure");
    assert_eq!((status.code(), status.details()), (Code::Internal, internal.details()));
}

/// The exported spans, in the form of their `traceparent` headers.
#[derive(Clone, Debug, Default)]
struct ExportedSpans(Arc<std::sync::Mutex<Vec<String>>>);

impl SpanExporter for ExportedSpans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let names = batch.iter().map(|span| {
            let own = &span.span_context;
            format!("00-{}-{}-{:02x}", own.trace_id(), own.span_id(), own.trace_flags().to_u8())
        });
        self.0.lock().expect("exported").extend(names);
        Ok(())
    }
}

/// The `traceparent` of a caller that wants its trace collected.
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Returns a provider that samples this ratio of the traces that begin here.
fn tracer_provider_sampling(ratio: f64, exported: &ExportedSpans) -> SdkTracerProvider {
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
    SdkTracerProvider::builder().with_simple_exporter(exported.clone()).with_sampler(sampler).build()
}

#[tokio::test]
async fn only_a_caller_that_is_known_decides_whether_its_trace_is_exported() {
    for (is_open, path, count) in [
        (true, "/session.v1.SessionService/Create", 1),
        (false, "/session.v1.SessionService/Create", 0),
        (true, "/grpc.health.v1.Health/Check", 0),
    ] {
        let exported = ExportedSpans::default();
        let provider = tracer_provider_sampling(0.0, &exported);
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let collecting = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        respond_with(FixedAuthenticator { accepts: is_open }, path, Some(Status::ok("")), &Arc::default()).await;
        drop(collecting);
        assert_eq!(exported.0.lock().expect("exported").len(), count, "{is_open} {path}");
    }
}

#[tokio::test]
async fn the_span_that_is_sent_back_is_the_one_that_is_exported() {
    let exported = ExportedSpans::default();
    let provider = tracer_provider_sampling(1.0, &exported);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let collecting = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let response = respond("/session.v1.SessionService/Create", Some(Status::ok("")), &Arc::default()).await;
    drop(collecting);
    let sent_back = response.headers()[&TRACEPARENT].to_str().expect("text");
    assert_eq!(*exported.0.lock().expect("exported"), [sent_back]);
}
