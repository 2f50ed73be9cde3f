//! `session-authority denylist`: JWTs that must not be accepted any more.

mod check;
mod deny;

use clap::Subcommand;

use super::{ConnectedCommand, ServerConnection, UnaryCommand};
use crate::cli::command_error::{CommandError, ExitStatus};

/// Deny JWTs by their IDs, and check whether they are denied
#[derive(Subcommand)]
pub enum DenylistCommand {
    Deny(ConnectedCommand<deny::DenyCommand>),
    Check(ConnectedCommand<check::CheckCommand>),
}

impl DenylistCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Deny(command) => command.run(),
            Self::Check(command) => command.run(),
        }
    }
}
