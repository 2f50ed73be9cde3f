//! Calls to a server, one a command.

mod alerts;
mod completeness;
mod connection;
mod create;
mod event_filter;
mod events;
mod export;
mod filter;
mod forget_user;
mod list;
mod listing;
mod pages;
mod purge;
mod refusal;
mod revoke;
mod revoke_all;
mod revoke_where;
mod search;
mod server_url;
mod session;
mod stats;
mod token;
mod update;
mod validate;
mod validate_stream;

use clap::Args;
use serde::Serialize;
use tonic::{Response, Status};

use crate::clock::{Clock, SystemClock};

use super::{
    failure::{Exit, Failure},
    json, runtime,
    terminal::{self, Style, View},
};

pub use alerts::Alerts;
pub use connection::{Connection, Server};
pub use create::Create;
pub use events::Events;
pub use export::Export;
pub use forget_user::ForgetUser;
pub use list::List;
#[cfg(test)]
pub use listing::Listing;
pub use listing::Paged;
pub use purge::Purge;
pub use refusal::failure as refusal;
pub use revoke::Revoke;
pub use revoke_all::RevokeAll;
pub use revoke_where::RevokeWhere;
pub use search::Sessions;
pub use server_url::ServerUrl;
pub use session::{label, user};
pub use stats::Stats;
pub use update::Update;
pub use validate::Validate;

/// Prints `text`. That nobody reads it is a failure only if something is `lost` with it.
pub fn print_answer(text: &str, lost: Option<String>) -> Result<(), Failure> {
    let unwritten = match terminal::print_to_reader(text) {
        Ok(true) => return Ok(()),
        Ok(false) if lost.is_none() => return Ok(()),
        Ok(false) => "nobody reads standard output".to_owned(),
        Err(error) => error.to_string(),
    };
    let failure = Failure::failed(format!("the answer could not be written: {unwritten}"));
    Err(lost.into_iter().fold(failure, Failure::and))
}

/// A command that is one call.
pub trait ClientCommand {
    type Request: Clone;
    type Answer;

    /// What is asked for. Whatever is wrong with it that needs no server to see is a wrong usage.
    fn request(&self) -> Result<Self::Request, Failure>;

    async fn send(server: &Server, request: Self::Request) -> Result<Response<Self::Answer>, Status>;

    /// The answer for people, lines that are complete.
    fn text(&self, answer: &Self::Answer, view: View) -> String;

    /// The answer for programs.
    fn json(answer: &Self::Answer) -> impl Serialize;

    /// How the process ends when this was answered.
    fn exit(_: &Self::Answer) -> Exit {
        Exit::Done
    }

    /// What is lost if nobody gets to see the answer, and what to do then.
    fn lost(_: &Self::Answer) -> Option<String> {
        None
    }

    /// What to do about a call that failed, if this command knows better than its status.
    fn advice(_: &Self::Request, _: &Status) -> Option<String> {
        None
    }
}

// A command with what every call to a server takes. (Not a doc comment: that of the command is its help.)
#[derive(Args)]
pub struct Connected<C: Args> {
    /// Print the answer as one JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    command: C,

    #[command(flatten)]
    connection: Connection,
}

#[cfg(test)]
impl<C: Args> Connected<C> {
    pub const fn command(&self) -> &C {
        &self.command
    }
}

impl<C: Args + ClientCommand> Connected<C> {
    /// Asks the server and prints its answer.
    pub fn run(self) -> Result<Exit, Failure> {
        let request = self.command.request()?;
        let answer = runtime::call(self.answer(request))??;
        let text =
            if self.json { json::document(&C::json(&answer)).map_err(Failure::failed)? } else { self.text(&answer) };
        print_answer(&text, C::lost(&answer))?;
        Ok(C::exit(&answer))
    }

    async fn answer(&self, request: C::Request) -> Result<C::Answer, Failure> {
        let server = self.connection.open().await?;
        let answered = C::send(&server, request.clone()).await;
        let refused = |status| {
            let failure = refusal::failure(&status, &server.destination);
            match C::advice(&request, &status) {
                Some(advice) => failure.and(advice),
                None => failure,
            }
        };
        answered.map(Response::into_inner).map_err(refused)
    }

    fn text(&self, answer: &C::Answer) -> String {
        self.command.text(answer, View { now: SystemClock.now(), style: Style::of_stdout() })
    }
}
