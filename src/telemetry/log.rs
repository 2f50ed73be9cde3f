//! The log on standard error: text for people, or one JSON object per line.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::ParseError,
    fmt::{self, MakeWriter},
    registry::LookupSpan,
};

use crate::config::{LogConfig, LogFormat};

/// Returns the layer that writes the events that pass `log.filter`.
pub(super) fn layer<S>(log: &LogConfig) -> Result<impl Layer<S> + use<S>, ParseError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Ok(format_layer(log.format, io::stderr).with_filter(EnvFilter::try_new(&log.filter)?))
}

/// Returns the layer that formats events. A JSON line has the fields of the event at the top level and those of the
/// current span under `span`.
pub(super) fn format_layer<S, W>(format: LogFormat, to: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(to);
    match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    }
}
