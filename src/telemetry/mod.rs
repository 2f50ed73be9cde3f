//! What an operator sees: logs, traces, metrics.
//!
//! [`start`] sets up logs and traces for the process; [`Metrics`] is made once and handed to whatever
//! counts. Nothing here is told a token, a secret or an e-mail address.

mod locator;
mod log;
pub mod metrics;
mod near_cache;
mod store;
mod trace;

pub use locator::MeteredLocator;
pub use metrics::Metrics;
pub use near_cache::MeteredListener;
pub use store::MeteredStore;

use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::config;

/// Why logs and traces could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`log.filter` cannot be used: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("`telemetry.otlp_endpoint` cannot be used: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("logs are set up already: {0}")]
    Repeated(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends what is left of the traces when the process ends.
#[derive(Debug)]
#[must_use = "traces that are not flushed are lost"]
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
    timeout: Duration,
}

/// Sets up the logs of this process, and traces if they are to be sent anywhere. Once a process, and
/// within its runtime, which the exporter uses.
pub fn start(log: &config::LogConfig, telemetry: &config::TelemetryConfig) -> Result<TelemetryGuard, TelemetryError> {
    let logs = log::layer(log)?;
    let provider = trace::provider(telemetry)?;
    let traces = provider.as_ref().map(trace::layer);
    tracing_subscriber::registry().with(traces).with(logs).try_init()?;
    Ok(TelemetryGuard { provider, timeout: telemetry.export_timeout })
}

impl TelemetryGuard {
    /// Sends the traces that wait, within `telemetry.export_timeout`; what is left then is lost.
    pub async fn flush(self) {
        let Self { provider: Some(provider), timeout } = self else { return };
        let sending = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(timeout));
        match tokio::time::timeout(timeout, sending).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces were not sent"),
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(_) => tracing::warn!("the last traces were not sent in time"),
        }
    }
}

#[cfg(test)]
mod tests;
