//! `session-authority export`.

mod ocsf;
mod output;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    api,
    cli::{
        failure::{Exit, Failure},
        json, runtime,
        terminal::{counted, print_error},
    },
    clock::{Clock, SystemClock},
    lifecycle,
};

use super::{
    completeness, connection::Connection, event_filter::EventFlags, filter::end, listing::say_where_to_go_on,
    pages::Pages,
};
use output::Output;

/// Write events of the audit log for other programs, one a line, latest first
#[derive(Args)]
pub struct Export {
    /// What a line is
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// File to write, readable by its owner alone; what was there is replaced once all is written [default:
    /// standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    filter: EventFlags,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// `AuditEvent` of the contract in JSON, as `events --json` prints it
    #[default]
    Jsonl,
    /// Authentication (class 3002) of the Open Cybersecurity Schema Framework 1.8.0
    Ocsf,
}

impl Format {
    fn line(self, event: &api::AuditEvent) -> Result<String, Failure> {
        let line = match self {
            Self::Jsonl => json::line(&json::AuditEvent::from(event)),
            Self::Ocsf => json::line(&ocsf::authentication(event)),
        };
        line.map_err(Failure::failed)
    }
}

impl Export {
    /// Fails, with nothing left in the file, when it is interrupted.
    pub fn run(self) -> Result<Exit, Failure> {
        runtime::call(async {
            tokio::select! {
                asked = lifecycle::asked_to_stop() => {
                    asked.map_err(Failure::failed)?;
                    Err(Failure::failed("interrupted: the export is not complete"))
                }
                exported = self.export() => exported,
            }
        })?
    }

    async fn export(&self) -> Result<Exit, Failure> {
        let now = SystemClock.now();
        let query = self.filter.query(now);
        let until = end(query.occurred.as_ref());
        let server = self.connection.open().await?;
        let mut output = Output::open(self.output.as_deref())?;
        let mut pages = Pages::new(&server, query, None);
        let mut written = 0;
        while let Some(events) = pages.next().await? {
            let lines: Result<String, Failure> = events.iter().map(|event| self.format.line(event)).collect();
            output.write(&lines?)?;
            written += u64::try_from(events.len()).unwrap_or(u64::MAX);
        }
        output.finish()?;
        if let Some(file) = &self.output {
            print_error(&format!("wrote {} to {}\n", counted(written, "event"), file.display()));
        }
        completeness::say(pages.complete_until(), until, now);
        say_where_to_go_on(pages.resume());
        Ok(Exit::Done)
    }
}
