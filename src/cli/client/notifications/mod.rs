//! `session-authority notifications`: the queue of notifications to users.

mod ack;
mod extend;
mod lease;
mod requeue;
mod stats;

use clap::Subcommand;

use super::{ConnectedCommand, ServerConnection, UnaryCommand};
use crate::cli::command_error::{CommandError, ExitStatus};

/// Work on the queue of notifications to users, as a mailer does
#[derive(Subcommand)]
pub enum NotificationsCommand {
    Lease(ConnectedCommand<lease::NotificationLeaseCommand>),
    Ack(ConnectedCommand<ack::NotificationAckCommand>),
    Extend(ConnectedCommand<extend::NotificationExtendCommand>),
    Requeue(ConnectedCommand<requeue::NotificationRequeueCommand>),
    Stats(ConnectedCommand<stats::NotificationStatsCommand>),
}

impl NotificationsCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Lease(command) => command.run(),
            Self::Ack(command) => command.run(),
            Self::Extend(command) => command.run(),
            Self::Requeue(command) => command.run(),
            Self::Stats(command) => command.run(),
        }
    }
}

/// Returns a line for each notification that the lease does not hold.
fn format_refused(ids: &[String]) -> String {
    ids.iter().flat_map(|id| [id.as_str(), " is not held by this lease\n"]).collect()
}

/// Returns the exit code of a command whose lease did not hold `refused`.
const fn exit_status(refused: &[String]) -> ExitStatus {
    if refused.is_empty() { ExitStatus::Success } else { ExitStatus::Failure }
}
