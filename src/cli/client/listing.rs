//! Commands that list what is found, page by page.

use clap::Args;
use prost_types::Timestamp;
use serde::Serialize;

use crate::{
    cli::{
        failure::{Exit, Failure},
        json, runtime,
        terminal::{self, Style, Table, View, print_error},
    },
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    completeness,
    connection::Connection,
    pages::{Pages, Query},
};

/// A command that lists what answers a question.
pub trait Listing {
    type Query: Query;

    const HEADER: &'static [&'static str];

    /// Said when nothing was found.
    const NOTHING: &'static str;

    fn query(&self, now: UnixMillis) -> Self::Query;

    /// Before when something was asked for, if it was.
    fn end(query: &Self::Query) -> Option<Timestamp>;

    /// The cells of an entry, for people.
    fn row(entry: &Entry<Self>, view: View) -> Vec<String>;

    /// An entry for programs.
    fn json(entry: &Entry<Self>) -> impl Serialize;
}

/// Says how to read what is recorded later, where that is possible.
pub fn say_where_to_go_on(resume: &str) {
    if !resume.is_empty() {
        print_error(&format!("to read what is recorded later: --recorded-after {resume}\n"));
    }
}

type Entry<C> = <<C as Listing>::Query as Query>::Entry;

// A command with what every listing takes. (Not a doc comment: that of the command is its help.)
#[derive(Args)]
pub struct Paged<C: Args> {
    /// Print each as one line of JSON
    #[arg(long)]
    json: bool,

    /// Print so many at most; 0 is all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u64,

    #[command(flatten)]
    command: C,

    #[command(flatten)]
    connection: Connection,
}

#[cfg(test)]
impl<C: Args> Paged<C> {
    pub const fn command(&self) -> &C {
        &self.command
    }
}

impl<C: Args + Listing> Paged<C> {
    /// Prints what is found as it comes.
    pub fn run(self) -> Result<Exit, Failure> {
        runtime::call(self.list())?
    }

    async fn list(&self) -> Result<Exit, Failure> {
        let view = View { now: SystemClock.now(), style: Style::of_stdout() };
        let query = self.command.query(view.now);
        let end = C::end(&query);
        let server = self.connection.open().await?;
        let mut pages = Pages::new(&server, query, Some(self.limit).filter(|limit| *limit > 0));
        let mut table = Table::new(C::HEADER);
        let mut found = false;
        while let Some(entries) = pages.next().await? {
            if entries.is_empty() {
                continue;
            }
            found = true;
            let text = if self.json { Self::lines(&entries)? } else { Self::rows(&mut table, &entries, view) };
            if !terminal::print_to_reader(&text).map_err(Failure::failed)? {
                return Ok(Exit::Done);
            }
        }
        if !found && !self.json {
            terminal::print(&format!("{}\n", C::NOTHING)).map_err(Failure::failed)?;
        }
        if pages.has_more() {
            print_error("there are more: --limit 0 shows all\n");
        }
        completeness::say(pages.complete_until(), end, view.now);
        say_where_to_go_on(pages.resume());
        Ok(Exit::Done)
    }

    fn rows(table: &mut Table, entries: &[Entry<C>], view: View) -> String {
        for entry in entries {
            table.row(C::row(entry, view));
        }
        table.more(view.style)
    }

    fn lines(entries: &[Entry<C>]) -> Result<String, Failure> {
        entries.iter().map(|entry| json::line(&C::json(entry)).map_err(Failure::failed)).collect()
    }
}
