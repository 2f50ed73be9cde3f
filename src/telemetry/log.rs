//! The log: standard error, as text for people or one JSON object a line.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::ParseError,
    fmt::{self, MakeWriter},
    registry::LookupSpan,
};

use crate::config::{LogConfig, LogFormat};

/// The layer that writes what `log` lets through.
pub(super) fn layer<S>(log: &LogConfig) -> Result<impl Layer<S> + use<S>, ParseError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Ok(format_layer(log.format, io::stderr).with_filter(EnvFilter::try_new(&log.filter)?))
}

/// JSON lines have the fields of the event at their top and those of the span it is in under `span`.
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
