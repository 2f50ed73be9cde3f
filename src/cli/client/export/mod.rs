//! `session-authority export`.

mod output;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        runtime,
        terminal::{pluralize, print_to_stderr},
    },
    clock::{Clock, SystemClock},
    lifecycle, ocsf,
};

use super::{
    completeness, connection::ConnectionOptions, event_filter::EventFlags, listing::print_resume_hint,
    paging::PageReader, session_filter::window_end,
};
use output::ExportOutput;

/// Export audit events, one per line, newest first
#[derive(Args)]
pub struct ExportCommand {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ExportFormat,

    /// File to write, readable only by its owner; an existing file is replaced once the export is complete [default:
    /// standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    filter: EventFlags,

    #[command(flatten)]
    connection: ConnectionOptions,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ExportFormat {
    /// `AuditEvent` of the contract in JSON, as `events --json` prints it
    #[default]
    Jsonl,
    /// Authentication (class 3002) of the Open Cybersecurity Schema Framework 1.8.0
    Ocsf,
}

impl ExportFormat {
    fn line(self, event: &api::AuditEvent) -> Result<String, CommandError> {
        let line = match self {
            Self::Jsonl => json::to_line(&MessageJson(event)),
            Self::Ocsf => json::to_line(&ocsf::authentication(event)),
        };
        line.map_err(CommandError::failed)
    }
}

impl ExportCommand {
    /// Exports the events. An interrupted export fails and leaves the file as it was.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        runtime::block_on_current_thread(async {
            tokio::select! {
                asked = lifecycle::wait_for_stop_signal() => {
                    asked.map_err(CommandError::failed)?;
                    Err(CommandError::failed("interrupted: the export is incomplete"))
                }
                exported = self.export() => exported,
            }
        })?
    }

    async fn export(&self) -> Result<ExitStatus, CommandError> {
        let now = SystemClock.now();
        let query = self.filter.query(now);
        let until = window_end(query.occurred.as_ref());
        let server = self.connection.connect().await?;
        let mut output = ExportOutput::open(self.output.as_deref())?;
        let mut pages = PageReader::new(&server, query, None);
        let mut written = 0;
        while let Some(events) = pages.next_page().await? {
            let lines: Result<String, CommandError> = events.iter().map(|event| self.format.line(event)).collect();
            output.write(&lines?)?;
            written += u64::try_from(events.len()).unwrap_or(u64::MAX);
        }
        output.finish()?;
        if let Some(file) = &self.output {
            print_to_stderr(&format!("wrote {} to {}\n", pluralize(written, "event"), file.display()));
        }
        completeness::warn_if_incomplete(pages.complete_until(), until, now);
        print_resume_hint(pages.resume_token());
        Ok(ExitStatus::Success)
    }
}
