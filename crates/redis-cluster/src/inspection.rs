//! The application's own checks of a server.

use redis::{Cmd, Value};

use crate::{address::Endpoint, client_error::SharedError};

/// The checks that the application makes of a server, and what it knows about the server. There is one for each
/// server; its connections share it. Every new connection is checked before it carries requests.
pub trait ServerInspection: Send + Sync + 'static {
    /// The sections of `INFO` that [`check_settings`](Self::check_settings) reads, besides `replication`.
    const INFO_SECTIONS: &'static [&'static str];

    /// The parameters that it reads. They are missing if the user may not run `CONFIG GET`.
    const PARAMETERS: &'static [&'static str];

    /// Creates the inspection of a server about which nothing is known yet.
    fn new(server: &Endpoint) -> Self;

    /// Returns the command whose answer [`check_data`](Self::check_data) evaluates.
    fn data_command(&self) -> Cmd;

    /// Checks the data of the server, by the answer on a new connection; `None` if the command failed.
    fn check_data(&self, answer: Option<Value>);

    /// Checks the settings of the server. Returns whether they are safe; unsafe ones are read again at every
    /// opportunity.
    fn check_settings(&self, settings: &ServerSettings<'_>) -> bool;

    /// Returns the reason for which no request is sent to the server, if there is one.
    fn refusal(&self) -> Option<SharedError>;
}

/// The settings that a server reports.
pub struct ServerSettings<'a> {
    /// Lines `name:value`, from `INFO`.
    pub info: &'a str,
    /// Names and values, from `CONFIG GET`; empty if they may not be read.
    pub parameters: &'a [(String, String)],
}

impl ServerSettings<'_> {
    /// Returns a value of `INFO`.
    #[must_use]
    pub fn info_value(&self, name: &str) -> Option<&str> {
        info_value(self.info, name)
    }

    /// Returns the value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the value of a line `name:value` of `INFO`.
pub(crate) fn info_value<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}
