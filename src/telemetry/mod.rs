//! Logs, traces and metrics for operators.
//!
//! [`start`] sets up logs and traces for the process. [`Metrics`] is created once and passed to every component that
//! counts. No token, secret or e-mail address reaches this module.

mod locator;
mod log;
pub mod metrics;
mod near_cache;
mod store;
mod trace;

pub use locator::MeteredLocator;
pub use metrics::{DenylistCacheMetrics, Metrics};
pub use near_cache::MeteredListener;
pub use store::MeteredStore;

use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::config;

/// An error while setting up logs and traces.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`log.filter` is invalid: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("`telemetry.otlp_endpoint` is invalid: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("logging is already initialised: {0}")]
    Repeated(#[from] tracing_subscriber::util::TryInitError),
}

/// Exports the remaining traces when the process ends.
#[derive(Debug)]
#[must_use = "traces that are not flushed are lost"]
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
    timeout: Duration,
}

/// Sets up the logs of this process, and traces if an endpoint is configured. Call it once per process, within the
/// runtime, which the exporter uses.
pub fn start(log: &config::LogConfig, telemetry: &config::TelemetryConfig) -> Result<TelemetryGuard, TelemetryError> {
    let logs = log::layer(log)?;
    let provider = trace::provider(telemetry)?;
    let traces = provider.as_ref().map(trace::layer);
    tracing_subscriber::registry().with(traces).with(logs).try_init()?;
    Ok(TelemetryGuard { provider, timeout: telemetry.export_timeout })
}

impl TelemetryGuard {
    /// Exports the pending traces within `telemetry.export_timeout`; traces that remain after it are lost.
    pub async fn flush(self) {
        let Self { provider: Some(provider), timeout } = self else { return };
        let sending = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(timeout));
        match tokio::time::timeout(timeout, sending).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "failed to export the remaining traces"),
            Ok(Err(error)) => tracing::warn!(%error, "failed to export the remaining traces"),
            Err(_) => tracing::warn!("timed out exporting the remaining traces"),
        }
    }
}

#[cfg(test)]
mod tests;
