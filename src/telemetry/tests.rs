use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::{
    clock::Stopwatch,
    config::{LogFormat, TelemetryConfig},
};

fn telemetry(endpoint: &str) -> TelemetryConfig {
    TelemetryConfig {
        otlp_endpoint: Some(endpoint.to_owned()),
        service_name: "session-authority".to_owned(),
        sample_ratio: 1.0,
        export_timeout: Duration::from_millis(200),
    }
}

#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl LogBuffer {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogBuffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn a_json_line_has_its_fields_at_the_top_and_those_of_its_span_below() {
    let written = LogBuffer::default();
    let logs = log::format_layer(LogFormat::Json, written.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), || {
        let span = tracing::info_span!("grpc.session.create", request_id = "r1");
        let _entered = span.enter();
        tracing::info!(sessions = 3, "listed");
    });
    let line: serde_json::Value = serde_json::from_str(&written.text()).expect("one JSON object");
    assert_eq!(line["message"], "listed");
    assert_eq!(line["sessions"], 3);
    assert_eq!(line["span"]["request_id"], "r1");
    assert_eq!(line["level"], "INFO");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn flushing_to_a_collector_that_is_gone_ends_in_time() {
    let telemetry = telemetry("http://127.0.0.1:9");
    let provider = trace::provider(&telemetry).expect("made").expect("some");
    let subscriber = tracing_subscriber::registry().with(trace::layer(&provider));
    tracing::subscriber::with_default(subscriber, || drop(tracing::info_span!("lost").entered()));
    let guard = TelemetryGuard { provider: Some(provider), timeout: telemetry.export_timeout };
    let stopwatch = Stopwatch::start();
    guard.flush().await;
    assert!(stopwatch.elapsed() < Duration::from_secs(5), "{:?}", stopwatch.elapsed());
}

/// A collector that accepts data and never responds: an HTTP/2 client sends without waiting for a response.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn spans_of_this_crate_and_no_others_reach_the_collector() {
    let collector = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = collector.local_addr().expect("address");
    let received = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = collector.accept().expect("connection");
        let mut bytes = Vec::new();
        // Ends when the exporter gives up and its connection is closed.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let _ = std::io::Read::read_to_end(&mut stream, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let telemetry = telemetry(&format!("http://{address}"));
    let provider = trace::provider(&telemetry).expect("made").expect("some");
    let subscriber = tracing_subscriber::registry().with(trace::layer(&provider));
    tracing::subscriber::with_default(subscriber, || {
        drop(tracing::info_span!("grpc.session.create").entered());
        drop(tracing::info_span!(target: "h2", "somebody.elses").entered());
    });
    TelemetryGuard { provider: Some(provider), timeout: telemetry.export_timeout }.flush().await;
    let received = received.await.expect("received");
    assert!(received.contains("grpc.session.create"), "{received}");
    assert!(received.contains("service.name") && received.contains("session-authority"));
    assert!(!received.contains("somebody.elses"));
}

#[test]
fn no_collector_means_no_traces() {
    let nowhere = TelemetryConfig { otlp_endpoint: None, ..telemetry("") };
    assert!(trace::provider(&nowhere).expect("made").is_none());
}
