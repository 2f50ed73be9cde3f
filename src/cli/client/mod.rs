//! Client commands, which make calls to a server.

mod ack_alert;
mod alerts;
mod completeness;
mod connection;
mod create;
mod denylist;
mod event_filter;
mod events;
mod export;
mod forget_user;
mod get;
mod list;
mod list_alerts;
mod listing;
mod login_failures;
mod nodes;
mod notifications;
mod paging;
mod purge;
mod revoke;
mod revoke_all;
mod revoke_where;
mod rotate;
mod search;
mod server_url;
mod session_filter;
mod session_format;
mod stats;
mod status_error;
mod tenants;
mod token_argument;
mod touch;
mod update;
mod validate;
mod validate_stream;
mod webhooks;

use clap::Args;
use prost::Name;
use tonic::{Response, Status};

use crate::clock::{Clock, SystemClock};

use super::{
    command_error::{CommandError, ExitStatus},
    json::{self, MessageJson},
    runtime,
    terminal::{self, RenderContext, TerminalStyle},
};

pub use alerts::AlertsCommand;
pub use connection::{ConnectionOptions, ServerConnection};
pub use create::CreateCommand;
pub use denylist::DenylistCommand;
pub use events::EventsCommand;
pub use export::ExportCommand;
pub use forget_user::ForgetUserCommand;
pub use get::GetCommand;
pub use list::ListCommand;
#[cfg(test)]
pub use listing::ListingCommand;
pub use listing::PagedCommand;
pub use login_failures::LoginFailuresCommand;
pub use nodes::NodesCommand;
pub use notifications::NotificationsCommand;
pub use purge::PurgeCommand;
pub use revoke::RevokeCommand;
pub use revoke_all::RevokeAllCommand;
pub use revoke_where::RevokeWhereCommand;
pub use rotate::RotateCommand;
pub use search::SessionsCommand;
pub use server_url::ServerUrl;
pub use session_format::{enum_label, format_user, to_unix_millis};
pub use stats::StatsCommand;
pub use status_error::status_error;
pub use tenants::TenantsCommand;
pub use touch::TouchCommand;
pub use update::UpdateCommand;
pub use validate::ValidateCommand;
pub use webhooks::WebhooksCommand;

/// Prints `text`. A closed standard output is an error only if something is `lost` with the text.
pub fn print_response(text: &str, lost: Option<String>) -> Result<(), CommandError> {
    let unwritten = match terminal::print_unless_closed(text) {
        Ok(true) => return Ok(()),
        Ok(false) if lost.is_none() => return Ok(()),
        Ok(false) => "standard output is closed".to_owned(),
        Err(error) => error.to_string(),
    };
    let failure = CommandError::failed(format!("failed to write the response: {unwritten}"));
    Err(lost.into_iter().fold(failure, CommandError::with_detail))
}

/// A command that makes one unary call.
pub trait UnaryCommand {
    type Request: Clone;
    type Answer: Name;

    /// Returns the request. Errors that can be found without a server are usage errors.
    fn request(&self) -> Result<Self::Request, CommandError>;

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status>;

    /// Returns the response as text for people, in complete lines.
    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String;

    /// Returns the exit status for a response.
    fn exit(_: &Self::Answer) -> ExitStatus {
        ExitStatus::Success
    }

    /// Returns the loss and advice for a response that cannot be printed, or `None` if nothing is lost.
    fn undelivered_advice(_: &Self::Answer) -> Option<String> {
        None
    }

    /// Returns advice about a failed call, if this command has any beyond that of the status.
    fn advice(_: &Self::Request, _: &Status) -> Option<String> {
        None
    }
}

// A command with the options of every call. (Not a doc comment: the doc comment of the command is the help text.)
#[derive(Args)]
pub struct ConnectedCommand<C: Args> {
    /// Print the response as one JSON document
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
    /// Makes the call and prints the response.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let request = self.command.request()?;
        let answer = runtime::block_on_current_thread(self.send_request(request))??;
        let text = if self.json {
            json::to_document(&MessageJson(&answer)).map_err(CommandError::failed)?
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
