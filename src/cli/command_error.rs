//! The exit status of a command, and the report of an error.

use std::{fmt, process::ExitCode};

use clap::error::ErrorKind;
use serde_json::json;

use crate::{
    clock::{Clock, SystemClock},
    config::LogFormat,
};

use super::{
    redaction::redact_secrets,
    terminal::{self, TerminalStyle, escape_lines},
};

/// The exit status of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Success,
    /// The command failed, or a token was rejected.
    Failure,
    /// The command line or the configuration is wrong, so the same command would fail again.
    UsageError,
}

impl From<ExitStatus> for ExitCode {
    fn from(exit: ExitStatus) -> Self {
        Self::from(match exit {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::UsageError => 2,
        })
    }
}

/// The error of a command: its cause, and advice on what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandError {
    exit: ExitStatus,
    lines: Vec<String>,
    format: LogFormat,
}

impl CommandError {
    /// Returns the failure of a command whose arguments and configuration are valid.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self { exit: ExitStatus::Failure, lines: vec![text.to_string()], format: LogFormat::Text }
    }

    /// Returns a usage error: the arguments or the configuration are wrong.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self { exit: ExitStatus::UsageError, lines: vec![text.to_string()], format: LogFormat::Text }
    }

    /// Appends a line.
    pub fn with_detail(mut self, line: impl fmt::Display) -> Self {
        self.lines.push(line.to_string());
        self
    }

    /// Sets the format of the report. The failure of a server is reported in the format of its log.
    pub const fn with_format(mut self, format: LogFormat) -> Self {
        self.format = format;
        self
    }

    /// Prints the error to standard error. Returns the exit status.
    pub fn report(&self) -> ExitStatus {
        match self.format {
            LogFormat::Text => {
                let heading = TerminalStyle::for_stderr().bad("error:");
                terminal::print_to_stderr(&format!("{heading} {}\n", self.redacted_text()));
            }
            LogFormat::Json => terminal::print_to_stderr(&self.to_log_line()),
        }
        self.exit
    }

    /// Returns the error as a JSON object with the fields of a log line.
    fn to_log_line(&self) -> String {
        let message = self.redacted_text();
        let mut lines = message.split("\n  ");
        let line = json!({
            "timestamp": SystemClock.now().to_string(),
            "level": "ERROR",
            "message": lines.next().unwrap_or_default(),
            "details": lines.collect::<Vec<_>>(),
            "target": module_path!(),
        });
        format!("{line}\n")
    }

    /// Returns the text without secrets. It is escaped for a terminal, because parts of it may come from a server.
    fn redacted_text(&self) -> String {
        redact_secrets(&escape_lines(&self.lines.join("\n  "))).into_owned()
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted_text())
    }
}

/// Prints the output of clap: help, the version, or a usage error. A token in the wrong place is not repeated. Returns
/// the exit status.
pub fn report_usage(error: &clap::Error) -> ExitStatus {
    let text = error.render().to_string();
    let shown = redact_secrets(&text);
    if shown == text {
        // A failure means that the output is closed, so it cannot be reported either.
        let _ = error.print();
    } else {
        terminal::print_to_stderr(&shown);
    }
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitStatus::Success,
        _ => ExitStatus::UsageError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_the_format_of_a_collector_is_one_line() {
        let failure =
            CommandError::usage("it cannot be used").with_detail("`a.b`: is \"wrong\"").with_format(LogFormat::Json);
        let line: serde_json::Value = serde_json::from_str(&failure.to_log_line()).expect("one document");
        assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("it cannot be used")));
        assert_eq!(line["details"], json!(["`a.b`: is \"wrong\""]));
        assert_eq!(failure.to_log_line().matches('\n').count(), 1);
    }

    #[test]
    fn a_failure_is_printed_without_secrets_and_without_control_of_the_terminal() {
        let failure = CommandError::failed("sa_AAAAAAAAAAAAAAAAAAAAAAAA is \u{1b}[31mwrong").with_detail("try again");
        assert_eq!(failure.to_string(), "sa_… is \\u{1b}[31mwrong\n  try again");
    }
}
