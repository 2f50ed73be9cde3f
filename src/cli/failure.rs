//! How a command ends, and what is said when it did not do what it was asked to.

use std::{fmt, process::ExitCode};

use clap::error::ErrorKind;
use serde_json::json;

use crate::{
    clock::{Clock, SystemClock},
    config::LogFormat,
};

use super::{
    secrets::without_secrets,
    terminal::{self, Style, clean_lines},
};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// It could not be done, or a token was rejected.
    Failed,
    /// The command line or the configuration is wrong: the same again will not do either.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
        })
    }
}

/// Why a command did not do what it was asked to, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    lines: Vec<String>,
    format: LogFormat,
}

impl Failure {
    /// It was asked for rightly and did not come about.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self { exit: Exit::Failed, lines: vec![text.to_string()], format: LogFormat::Text }
    }

    /// It was asked for wrongly, by arguments or configuration.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, lines: vec![text.to_string()], format: LogFormat::Text }
    }

    /// The same, with a further line.
    pub fn and(mut self, line: impl fmt::Display) -> Self {
        self.lines.push(line.to_string());
        self
    }

    /// The same in the format of the log, where the failure is that of a server.
    pub const fn in_format(mut self, format: LogFormat) -> Self {
        self.format = format;
        self
    }

    /// Prints it to standard error.
    pub fn report(&self) -> Exit {
        match self.format {
            LogFormat::Text => {
                let heading = Style::of_stderr().bad("error:");
                terminal::print_error(&format!("{heading} {}\n", self.shown()));
            }
            LogFormat::Json => terminal::print_error(&self.as_log_line()),
        }
        self.exit
    }

    /// An object with the fields that lines of the log have.
    fn as_log_line(&self) -> String {
        let message = self.shown();
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

    /// Without secrets, and fit for a terminal whatever a server put into it.
    fn shown(&self) -> String {
        without_secrets(&clean_lines(&self.lines.join("\n  "))).into_owned()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Prints what clap says about a command line: help and the version, or what is wrong with it. A token
/// in the wrong place is not repeated.
pub fn usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    let shown = without_secrets(&text);
    if shown == text {
        // Fails when nobody reads it, and then there is nobody to tell.
        let _ = error.print();
    } else {
        terminal::print_error(&shown);
    }
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_the_format_of_a_collector_is_one_line() {
        let failure = Failure::usage("it cannot be used").and("`a.b`: is \"wrong\"").in_format(LogFormat::Json);
        let line: serde_json::Value = serde_json::from_str(&failure.as_log_line()).expect("one document");
        assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("it cannot be used")));
        assert_eq!(line["details"], json!(["`a.b`: is \"wrong\""]));
        assert_eq!(failure.as_log_line().matches('\n').count(), 1);
    }

    #[test]
    fn a_failure_is_told_without_secrets_and_without_control_of_the_terminal() {
        let failure = Failure::failed("sa_AAAAAAAAAAAAAAAAAAAAAAAA is \u{1b}[31mwrong").and("try again");
        assert_eq!(failure.to_string(), "sa_… is \\u{1b}[31mwrong\n  try again");
    }
}
