//! Traces: our own spans, sent to an OTLP collector.

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::config::TelemetryConfig;

/// What sends spans; `None` when there is nowhere to send them. A span that was not taken in time
/// is dropped: a collector that is slow or gone costs a bounded queue and nothing else.
pub(super) fn provider(telemetry: &TelemetryConfig) -> Result<Option<SdkTracerProvider>, ExporterBuildError> {
    let Some(endpoint) = &telemetry.otlp_endpoint else { return Ok(None) };
    let exporter =
        SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(telemetry.export_timeout).build()?;
    let resource = Resource::builder()
        .with_service_name(telemetry.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(telemetry.sample_ratio)));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .with_sampler(sampler)
        .build();
    Ok(Some(provider))
}

/// The layer that makes spans of this crate's own: what the libraries beneath say of themselves
/// would include the exporter's own calls.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), Level::INFO);
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(ours)
}
