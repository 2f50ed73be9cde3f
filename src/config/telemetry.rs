//! Where traces go.

use std::time::Duration;

use super::{
    engine_url::{scheme, server_url},
    reader::Reader,
    span::{millis, secs},
};

#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// An OTLP collector over gRPC, `http://host:port`; `None`: nothing is sent.
    pub otlp_endpoint: Option<String>,
    pub service_name: String,
    /// 0.0 to 1.0.
    pub sample_ratio: f64,
    pub export_timeout: Duration,
}

impl Telemetry {
    pub(super) fn read(r: &mut Reader) -> Self {
        let service_name = r.text("telemetry.service_name");
        if service_name.is_none() {
            r.refuse("telemetry.service_name", "is empty");
        }
        Self {
            otlp_endpoint: endpoint(r),
            service_name: service_name.unwrap_or_default(),
            sample_ratio: r.within("telemetry.sample_ratio", 0.0..=1.0),
            export_timeout: r.within("telemetry.export_timeout", millis(100)..=secs(60)),
        }
    }
}

fn endpoint(r: &mut Reader) -> Option<String> {
    const KEY: &str = "telemetry.otlp_endpoint";
    let text = r.text(KEY)?;
    let read = match scheme(&text) {
        "http" => server_url(&text).map(|_| text),
        "https" => Err("is https, which is not served: send to a collector beside this node over http".to_owned()),
        _ => Err("does not begin with http://".to_owned()),
    };
    read.map_err(|reason| r.refuse(KEY, reason)).ok()
}
