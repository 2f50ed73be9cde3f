//! gRPC calls by method and code.

use std::{sync::LazyLock, time::Duration};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    authority::permissions::TABLE,
    transport::grpc::{
        admission::{Refusal, Work},
        call::{CallObserver, Code},
    },
};

use super::{
    By, Label, Latency, Metrics,
    admission::WorkAndRefusal,
    label::{Pair, label},
    names,
};

/// The methods of the contract, as they are listed with those who may call them, and `other`.
static METHODS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut methods: Vec<_> =
        TABLE.iter().map(|(_, path, _)| *path).filter(|path| path.starts_with("session.")).collect();
    methods.dedup();
    methods.push(OTHER);
    methods
});

/// Health, reflection, and what does not exist.
const OTHER: &str = "other";

/// A place in [`METHODS`].
#[derive(Clone, Copy)]
pub(super) struct Method(usize);

impl Method {
    fn of(name: &str) -> Self {
        Self(METHODS.iter().position(|method| *method == name).unwrap_or(METHODS.len() - 1))
    }
}

impl Label for Method {
    type Labels = Pair;

    fn all() -> impl Iterator<Item = Self> {
        (0..METHODS.len()).map(Self)
    }

    fn index(self) -> usize {
        self.0
    }

    fn labels(self) -> Self::Labels {
        [("method", METHODS.get(self.0).copied().unwrap_or(OTHER))]
    }
}

label! {
    /// How a call ended (gRPC, status codes), in the order of the codes' numbers.
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
pub(super) struct MethodAndCode(Method, StatusCode);

impl Label for MethodAndCode {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        Method::all().flat_map(|method| StatusCode::all().map(move |code| Self(method, code)))
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
    calls: By<MethodAndCode, Counter>,
    duration: By<Method, Latency>,
    in_flight: Gauge,
    streams: Gauge,
    checks: Gauge,
}

impl CallMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { calls, duration, in_flight, streams, checks } = metrics.clone();
        registry.register(names::CALLS, "Calls answered or given up", calls);
        registry.register(names::CALL_DURATION, "From the headers of a call to its status", duration);
        registry.register(names::CALLS_IN_FLIGHT, "Calls not answered yet", in_flight);
        registry.register(names::STREAMS_OPEN, "Open ValidateStreams", streams);
        registry.register(names::CHECKS_IN_FLIGHT, "Their checks that wait for a turn or for the store", checks);
        metrics
    }
}

impl CallObserver for Metrics {
    fn started(&self) {
        self.calls.in_flight.inc();
    }

    fn finished(&self, method: &'static str, code: Code, took: Duration) {
        let method = Method::of(method);
        self.calls.in_flight.dec();
        self.calls.duration.get(method).observe(took);
        self.calls.calls.get(MethodAndCode(method, code.into())).inc();
    }

    fn streams_opened(&self, more: i64) {
        self.calls.streams.inc_by(more);
    }

    fn checks_begun(&self, more: i64) {
        self.calls.checks.inc_by(more);
    }

    fn budget_opened(&self, work: Work, places: u32) {
        self.admission.capacity.get(work).set(places.into());
    }

    fn places_taken(&self, work: Work, more: i64) {
        self.admission.in_use.get(work).inc_by(more);
    }

    fn refused(&self, work: Work, refusal: Refusal) {
        self.admission.refusals.get(WorkAndRefusal(work, refusal)).inc();
    }
}
