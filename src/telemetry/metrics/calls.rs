//! gRPC calls by method and status code.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::transport::grpc::{
    admission::{AdmissionRefusal, WorkKind},
    call::{CallObserver, Code},
    methods::{OTHER_METHOD, measured_methods},
};

use super::{
    LatencyHistogram, MetricFamily, MetricLabel, Metrics,
    admission::AdmissionRefusalLabels,
    label::{LabelPair, metric_label},
    names,
};

/// An index into [`measured_methods`], or their number for other methods.
#[derive(Clone, Copy)]
pub(super) struct MethodLabel(usize);

impl MethodLabel {
    fn from_path(name: &str) -> Self {
        Self(measured_methods().position(|method| method.path == name).unwrap_or(measured_methods().len()))
    }
}

impl MetricLabel for MethodLabel {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        (0..=measured_methods().len()).map(Self)
    }

    fn index(self) -> usize {
        self.0
    }

    fn labels(self) -> Self::Labels {
        [("method", measured_methods().nth(self.0).map_or(OTHER_METHOD, |method| method.path))]
    }
}

metric_label! {
    /// The status code of a call (gRPC, "Status codes"), in the order of the numbers.
    StatusCode by "code" {
        Ok = "OK",
        Cancelled = "CANCELLED",
        Unknown = "UNKNOWN",
        InvalidArgument = "INVALID_ARGUMENT",
        DeadlineExceeded = "DEADLINE_EXCEEDED",
        NotFound = "NOT_FOUND",
        AlreadyExists = "ALREADY_EXISTS",
        PermissionDenied = "PERMISSION_DENIED",
        ResourceExhausted = "RESOURCE_EXHAUSTED",
        FailedPrecondition = "FAILED_PRECONDITION",
        Aborted = "ABORTED",
        OutOfRange = "OUT_OF_RANGE",
        Unimplemented = "UNIMPLEMENTED",
        Internal = "INTERNAL",
        Unavailable = "UNAVAILABLE",
        DataLoss = "DATA_LOSS",
        Unauthenticated = "UNAUTHENTICATED",
    }
}

impl From<Code> for StatusCode {
    fn from(code: Code) -> Self {
        let number = usize::try_from(i32::from(code)).ok();
        number.and_then(|number| Self::ALL.get(number)).copied().unwrap_or(Self::Unknown)
    }
}

#[derive(Clone, Copy)]
pub(super) struct CallLabels(MethodLabel, StatusCode);

impl MetricLabel for CallLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        MethodLabel::all().flat_map(|method| StatusCode::all().map(move |code| Self(method, code)))
    }

    fn index(self) -> usize {
        self.0.index() * StatusCode::ALL.len() + self.1.index()
    }

    fn labels(self) -> Self::Labels {
        let [method] = self.0.labels();
        [method, ("code", self.1.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct CallMetrics {
    calls: MetricFamily<CallLabels, Counter>,
    duration: MetricFamily<MethodLabel, LatencyHistogram>,
    in_flight: Gauge,
    streams: Gauge,
    checks: Gauge,
}

impl CallMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { calls, duration, in_flight, streams, checks } = metrics.clone();
        registry.register(names::CALLS, "Completed calls", calls);
        registry.register(names::CALL_DURATION, "Seconds from the headers of a call to its status", duration);
        registry.register(names::CALLS_IN_FLIGHT, "Calls in flight", in_flight);
        registry.register(names::STREAMS_OPEN, "Open ValidateStreams", streams);
        registry.register(names::CHECKS_IN_FLIGHT, "Checks of ValidateStream in flight", checks);
        metrics
    }
}

impl CallObserver for Metrics {
    fn call_started(&self) {
        self.calls.in_flight.inc();
    }

    fn call_finished(&self, method: &'static str, code: Code, took: Duration) {
        let method = MethodLabel::from_path(method);
        self.calls.in_flight.dec();
        self.calls.duration.get(method).observe(took);
        self.calls.calls.get(CallLabels(method, code.into())).inc();
    }

    fn add_open_streams(&self, more: i64) {
        self.calls.streams.inc_by(more);
    }

    fn add_checks_in_flight(&self, more: i64) {
        self.calls.checks.inc_by(more);
    }

    fn set_budget_capacity(&self, work: WorkKind, permits: u32) {
        self.admission.capacity.get(work).set(permits.into());
    }

    fn add_permits_in_use(&self, work: WorkKind, more: i64) {
        self.admission.in_use.get(work).inc_by(more);
    }

    fn admission_refused(&self, work: WorkKind, refusal: AdmissionRefusal) {
        self.admission.refusals.get(AdmissionRefusalLabels(work, refusal)).inc();
    }
}
