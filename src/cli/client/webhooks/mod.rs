//! `session-authority webhooks`: endpoints that receive events and alerts.

mod add;
mod cause;
mod change;
mod dead_letters;
mod list;
mod replay;
mod test;
mod update;

use clap::Subcommand;

use super::{ConnectedCommand, ServerConnection, UnaryCommand};
use crate::cli::command_error::{CommandError, ExitStatus};

/// Administer webhooks: endpoints that receive events and alerts
#[derive(Subcommand)]
pub enum WebhooksCommand {
    List(ConnectedCommand<list::ListWebhooksCommand>),
    Add(ConnectedCommand<add::AddWebhookCommand>),
    Update(ConnectedCommand<update::UpdateWebhookCommand>),
    Remove(ConnectedCommand<change::RemoveCommand>),
    Test(ConnectedCommand<test::TestCommand>),
    DeadLetters(ConnectedCommand<dead_letters::DeadLettersCommand>),
    Replay(ConnectedCommand<replay::ReplayCommand>),
    Enable(ConnectedCommand<change::EnableCommand>),
}

impl WebhooksCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::List(command) => command.run(),
            Self::Add(command) => command.run(),
            Self::Update(command) => command.run(),
            Self::Remove(command) => command.run(),
            Self::Test(command) => command.run(),
            Self::DeadLetters(command) => command.run(),
            Self::Replay(command) => command.run(),
            Self::Enable(command) => command.run(),
        }
    }
}
