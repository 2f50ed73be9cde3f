//! Commands that list entries, page by page.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    cli::{
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        runtime,
        terminal::{self, RenderContext, TerminalStyle, TextTable, print_to_stderr},
    },
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    completeness,
    connection::ConnectionOptions,
    paging::{PageReader, PagedRequest},
};

/// A command that lists the entries that match a query.
pub trait ListingCommand {
    type Query: PagedRequest;

    const HEADER: &'static [&'static str];

    /// Printed if no entry matches.
    const EMPTY_MESSAGE: &'static str;

    fn query(&self, now: UnixMillis) -> Self::Query;

    /// Returns the time before which entries are requested, if there is one.
    fn window_end(query: &Self::Query) -> Option<Timestamp>;

    /// Returns the cells of an entry, for people.
    fn row(entry: &ListingEntry<Self>, view: RenderContext) -> Vec<String>;
}

/// Prints how to continue with later entries, if `resume` is not empty.
pub fn print_resume_hint(resume: &str) {
    if !resume.is_empty() {
        print_to_stderr(&format!("continue with: --recorded-after {resume}\n"));
    }
}

type ListingEntry<C> = <<C as ListingCommand>::Query as PagedRequest>::Entry;

// A command with the options of every listing. (Not a doc comment: the doc comment of the command is the help text.)
#[derive(Args)]
pub struct PagedCommand<C: Args> {
    /// Print each entry as one line of JSON
    #[arg(long)]
    json: bool,

    /// Maximum number of entries; 0 for no limit
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u64,

    #[command(flatten)]
    command: C,

    #[command(flatten)]
    connection: ConnectionOptions,
}

#[cfg(test)]
impl<C: Args> PagedCommand<C> {
    pub const fn command(&self) -> &C {
        &self.command
    }
}

impl<C: Args + ListingCommand> PagedCommand<C> {
    /// Prints the entries of each page as it arrives.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        runtime::block_on_current_thread(self.print_entries())?
    }

    async fn print_entries(&self) -> Result<ExitStatus, CommandError> {
        let view = RenderContext { now: SystemClock.now(), style: TerminalStyle::for_stdout() };
        let query = self.command.query(view.now);
        let end = C::window_end(&query);
        let server = self.connection.connect().await?;
        let mut pages = PageReader::new(&server, query, Some(self.limit).filter(|limit| *limit > 0));
        let mut table = TextTable::new(C::HEADER);
        let mut found = false;
        while let Some(entries) = pages.next_page().await? {
            if entries.is_empty() {
                continue;
            }
            found = true;
            let text = if self.json { Self::lines(&entries)? } else { Self::rows(&mut table, &entries, view) };
            if !terminal::print_unless_closed(&text).map_err(CommandError::failed)? {
                return Ok(ExitStatus::Success);
            }
        }
        if !found && !self.json {
            terminal::print(&format!("{}\n", C::EMPTY_MESSAGE)).map_err(CommandError::failed)?;
        }
        if pages.has_more() {
            print_to_stderr("more entries match; use --limit 0 to show all\n");
        }
        completeness::warn_if_incomplete(pages.complete_until(), end, view.now);
        print_resume_hint(pages.resume_token());
        Ok(ExitStatus::Success)
    }

    fn rows(table: &mut TextTable, entries: &[ListingEntry<C>], view: RenderContext) -> String {
        for entry in entries {
            table.add_row(C::row(entry, view));
        }
        table.render_new_rows(view.style)
    }

    fn lines(entries: &[ListingEntry<C>]) -> Result<String, CommandError> {
        entries.iter().map(|entry| json::to_line(&MessageJson(entry)).map_err(CommandError::failed)).collect()
    }
}
