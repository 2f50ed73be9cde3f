//! The command line: servers, setup, and an operator's calls to a server.
//!
//! Responses go to standard output, everything else to standard error. The exit code is 0 on success, 1 if the command
//! failed or a token was rejected, and 2 if the command line or the configuration is wrong.

mod adopt;
mod client;
mod command_error;
mod completions;
mod config_reference;
mod dev;
mod geoip;
mod health;
mod json;
mod keys;
mod migrate;
mod openapi;
mod option_values;
mod redaction;
mod runtime;
mod scratch_directory;
mod serve;
pub mod simulate;
mod terminal;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use client::{ConnectedCommand, PagedCommand};
use command_error::{CommandError, ExitStatus};

/// Session authority: server and command-line client.
#[derive(Parser)]
#[command(name = "session-authority", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::DevCommand),
    Serve(serve::ServeCommand),
    Migrate(migrate::MigrateCommand),
    Adopt(adopt::AdoptCommand),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    Create(ConnectedCommand<client::CreateCommand>),
    Validate(ConnectedCommand<client::ValidateCommand>),
    Rotate(ConnectedCommand<client::RotateCommand>),
    Update(ConnectedCommand<client::UpdateCommand>),
    Get(ConnectedCommand<client::GetCommand>),
    Touch(ConnectedCommand<client::TouchCommand>),
    List(ConnectedCommand<client::ListCommand>),
    Revoke(ConnectedCommand<client::RevokeCommand>),
    RevokeAll(ConnectedCommand<client::RevokeAllCommand>),
    RevokeWhere(client::RevokeWhereCommand),
    ForgetUser(ConnectedCommand<client::ForgetUserCommand>),
    Purge(ConnectedCommand<client::PurgeCommand>),
    #[command(subcommand)]
    Denylist(client::DenylistCommand),
    #[command(subcommand)]
    Notifications(client::NotificationsCommand),
    #[command(subcommand)]
    Sessions(client::SessionsCommand),
    Events(PagedCommand<client::EventsCommand>),
    LoginFailures(PagedCommand<client::LoginFailuresCommand>),
    Stats(ConnectedCommand<client::StatsCommand>),
    Nodes(ConnectedCommand<client::NodesCommand>),
    Tenants(PagedCommand<client::TenantsCommand>),
    Export(client::ExportCommand),
    Simulate(simulate::SimulateCommand),
    Alerts(client::AlertsCommand),
    #[command(subcommand)]
    Webhooks(client::WebhooksCommand),
    Health(health::HealthCommand),
    Completions(completions::CompletionsCommand),
    Openapi(openapi::OpenapiCommand),
    #[command(hide = true)]
    ConfigReference(config_reference::ConfigReferenceCommand),
}

/// Runs the command that the command line of this process names. Returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        Err(error) => return command_error::report_usage(&error).into(),
    };
    done.unwrap_or_else(|failure| failure.report()).into()
}

impl Command {
    fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Dev(command) => command.run(),
            Self::Serve(command) => command.run(),
            Self::Migrate(command) => command.run(),
            Self::Adopt(command) => command.run(),
            Self::Keys(command) => command.run(),
            Self::Create(command) => command.run(),
            Self::Validate(command) => command.run_or_stream(),
            Self::Rotate(command) => command.run(),
            Self::Update(command) => command.run(),
            Self::Get(command) => command.run(),
            Self::Touch(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
            Self::RevokeAll(command) => command.run(),
            Self::RevokeWhere(command) => command.run(),
            Self::ForgetUser(command) => command.run(),
            Self::Purge(command) => command.run(),
            Self::Denylist(command) => command.run(),
            Self::Notifications(command) => command.run(),
            Self::Sessions(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::LoginFailures(command) => command.run(),
            Self::Stats(command) => command.run(),
            Self::Nodes(command) => command.run(),
            Self::Tenants(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Simulate(command) => command.run(),
            Self::Alerts(command) => command.run(),
            Self::Webhooks(command) => command.run(),
            Self::Health(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::ConfigReference(command) => command.run(),
        }
    }
}
