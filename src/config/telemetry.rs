//! Settings of the export of traces.

use std::time::Duration;

use super::{
    durations::{millis, secs},
    engine_url::{scheme, server_url},
    reader::SettingsReader,
};
use crate::loopback::is_loopback_host;

#[derive(Clone, Debug, PartialEq)]
pub struct TelemetryConfig {
    /// An OTLP collector over gRPC, `http://host:port`; `None`: no traces are sent.
    pub otlp_endpoint: Option<String>,
    pub service_name: String,
    /// Share of traces that is sent, 0.0 to 1.0.
    pub sample_ratio: f64,
    pub export_timeout: Duration,
}

impl TelemetryConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let service_name = r.get_text("telemetry.service_name");
        if service_name.is_none() {
            r.add_problem("telemetry.service_name", "is empty");
        }
        Self {
            otlp_endpoint: read_endpoint(r),
            service_name: service_name.unwrap_or_default(),
            sample_ratio: r.get_in_range("telemetry.sample_ratio", 0.0..=1.0),
            export_timeout: r.get_in_range("telemetry.export_timeout", millis(100)..=secs(60)),
        }
    }
}

fn read_endpoint(r: &mut SettingsReader) -> Option<String> {
    const KEY: &str = "telemetry.otlp_endpoint";
    let allow_plaintext = r.get_bool("telemetry.allow_plaintext");
    let text = r.get_text(KEY)?;
    let read = match scheme(&text) {
        "http" => server_url(&text).and_then(|url| {
            if allow_plaintext || url.host_str().is_some_and(is_loopback_host) {
                return Ok(text);
            }
            Err("is not on loopback and without TLS: use a collector on this machine, or set \
                 `telemetry.allow_plaintext = true` if the connection is encrypted by other means"
                .to_owned())
        }),
        "https" => Err("uses https, which is not supported; use a local collector over http".to_owned()),
        _ => Err("must begin with http://".to_owned()),
    };
    read.map_err(|reason| r.add_problem(KEY, reason)).ok()
}
