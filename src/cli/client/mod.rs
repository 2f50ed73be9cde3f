//! Calls to a server, one a command.

mod alerts;
mod completeness;
mod connection;
mod create;
mod event_filter;
mod events;
mod export;
mod forget_user;
mod list;
mod listing;
mod paging;
mod purge;
mod revoke;
mod revoke_all;
mod revoke_where;
mod search;
mod server_url;
mod session_filter;
mod session_format;
mod stats;
mod status_error;
mod token_argument;
mod update;
mod validate;
mod validate_stream;

use clap::Args;
use serde::Serialize;
use tonic::{Response, Status};

use crate::clock::{Clock, SystemClock};

use super::{
    command_error::{CommandError, ExitStatus},
    json, runtime,
    terminal::{self, RenderContext, TerminalStyle},
};

pub use alerts::AlertsCommand;
pub use connection::{ConnectionOptions, ServerConnection};
pub use create::CreateCommand;
pub use events::EventsCommand;
pub use export::ExportCommand;
pub use forget_user::ForgetUserCommand;
pub use list::ListCommand;
#[cfg(test)]
pub use listing::ListingCommand;
pub use listing::PagedCommand;
pub use purge::PurgeCommand;
pub use revoke::RevokeCommand;
pub use revoke_all::RevokeAllCommand;
pub use revoke_where::RevokeWhereCommand;
pub use search::SessionsCommand;
pub use server_url::ServerUrl;
pub use session_format::{enum_label, format_user};
pub use stats::StatsCommand;
pub use status_error::status_error;
pub use update::UpdateCommand;
pub use validate::ValidateCommand;

/// Prints `text`. That nobody reads it is a failure only if something is `lost` with it.
pub fn print_response(text: &str, lost: Option<String>) -> Result<(), CommandError> {
    let unwritten = match terminal::print_unless_closed(text) {
        Ok(true) => return Ok(()),
        Ok(false) if lost.is_none() => return Ok(()),
        Ok(false) => "nobody reads standard output".to_owned(),
        Err(error) => error.to_string(),
    };
    let failure = CommandError::failed(format!("the answer could not be written: {unwritten}"));
    Err(lost.into_iter().fold(failure, CommandError::with_detail))
}

/// A command that is one call.
pub trait UnaryCommand {
    type Request: Clone;
    type Answer;

    /// What is asked for. Whatever is wrong with it that needs no server to see is a wrong usage.
    fn request(&self) -> Result<Self::Request, CommandError>;

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status>;

    /// The answer for people, lines that are complete.
    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String;

    /// The answer for programs.
    fn json(answer: &Self::Answer) -> impl Serialize;

    /// How the process ends when this was answered.
    fn exit(_: &Self::Answer) -> ExitStatus {
        ExitStatus::Success
    }

    /// What is lost if nobody gets to see the answer, and what to do then.
    fn undelivered_advice(_: &Self::Answer) -> Option<String> {
        None
    }

    /// What to do about a call that failed, if this command knows better than its status.
    fn advice(_: &Self::Request, _: &Status) -> Option<String> {
        None
    }
}

// A command with what every call to a server takes. (Not a doc comment: that of the command is its help.)
#[derive(Args)]
pub struct ConnectedCommand<C: Args> {
    /// Print the answer as one JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    command: C,

    #[command(flatten)]
    connection: ConnectionOptions,
}

#[cfg(test)]
impl<C: Args> ConnectedCommand<C> {
    pub const fn command(&self) -> &C {
        &self.command
    }
}

impl<C: Args + UnaryCommand> ConnectedCommand<C> {
    /// Asks the server and prints its answer.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let request = self.command.request()?;
        let answer = runtime::block_on_current_thread(self.send_request(request))??;
        let text = if self.json {
            json::to_document(&C::json(&answer)).map_err(CommandError::failed)?
        } else {
            self.text(&answer)
        };
        print_response(&text, C::undelivered_advice(&answer))?;
        Ok(C::exit(&answer))
    }

    async fn send_request(&self, request: C::Request) -> Result<C::Answer, CommandError> {
        let server = self.connection.connect().await?;
        let answered = C::send(&server, request.clone()).await;
        let refused = |status| {
            let failure = status_error::status_error(&status, &server.target);
            match C::advice(&request, &status) {
                Some(advice) => failure.with_detail(advice),
                None => failure,
            }
        };
        answered.map(Response::into_inner).map_err(refused)
    }

    fn text(&self, answer: &C::Answer) -> String {
        self.command.text(answer, RenderContext { now: SystemClock.now(), style: TerminalStyle::for_stdout() })
    }
}
