//! Settings of the log.

use tracing_subscriber::EnvFilter;

use super::{reader::SettingsReader, sources::ConfigSources};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub format: LogFormat,
    /// Directives of [`EnvFilter`], already validated.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// JSON for log collectors, one object per line.
    Json,
}

/// Returns the log format for reporting that a configuration is invalid. It is text unless the configuration says
/// otherwise.
#[must_use]
pub fn log_format(sources: &ConfigSources) -> LogFormat {
    LogConfig::read(&mut SettingsReader::new(sources)).format
}

impl LogConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let format = match r.get_text("log.format").as_deref() {
            Some("json") => LogFormat::Json,
            Some("text") => LogFormat::Text,
            Some(_) | None => {
                r.add_problem("log.format", "is not `text` or `json`");
                LogFormat::Text
            }
        };
        let filter = r.get_text("log.filter").unwrap_or_default();
        if let Err(error) = EnvFilter::try_new(&filter) {
            r.add_problem("log.filter", format!("is not a list of log directives: {error}"));
        }
        Self { format, filter }
    }
}
