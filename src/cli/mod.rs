//! The program: servers, set-up, and an operator's calls to a server.
//!
//! Answers go to standard output, everything else to standard error. The exit code is 0 when it is done,
//! 1 when it failed or a token was rejected, 2 when the command or the configuration is wrong.

mod adopt;
mod client;
mod completions;
mod config_reference;
mod dev;
mod failure;
mod geoip;
mod health;
mod json;
mod keys;
mod migrate;
mod runtime;
mod scratch;
mod secrets;
mod serve;
mod simulate;
mod terminal;
#[cfg(test)]
mod tests;
mod values;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use client::{Connected, Paged};
use failure::{Exit, Failure};

/// The one place that says who is signed in: serves it, and asks it.
#[derive(Parser)]
#[command(name = "session-authority", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::Dev),
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Adopt(adopt::Adopt),
    #[command(subcommand)]
    Keys(keys::Keys),
    Create(Connected<client::Create>),
    Validate(Connected<client::Validate>),
    Update(Connected<client::Update>),
    List(Connected<client::List>),
    Revoke(Connected<client::Revoke>),
    RevokeAll(Connected<client::RevokeAll>),
    RevokeWhere(client::RevokeWhere),
    ForgetUser(Connected<client::ForgetUser>),
    Purge(Connected<client::Purge>),
    #[command(subcommand)]
    Sessions(client::Sessions),
    Events(Paged<client::Events>),
    Stats(Connected<client::Stats>),
    Export(client::Export),
    Simulate(simulate::Simulate),
    Alerts(client::Alerts),
    Health(health::Health),
    Completions(completions::Completions),
    #[command(hide = true)]
    ConfigReference(config_reference::ConfigReference),
}

/// Does what the command line of this process says.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => cli.command.run(),
        Err(error) => return failure::usage(&error).into(),
    };
    done.unwrap_or_else(|failure| failure.report()).into()
}

impl Command {
    fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Dev(command) => command.run(),
            Self::Serve(command) => command.run(),
            Self::Migrate(command) => command.run(),
            Self::Adopt(command) => command.run(),
            Self::Keys(command) => command.run(),
            Self::Create(command) => command.run(),
            Self::Validate(command) => command.run_or_stream(),
            Self::Update(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
            Self::RevokeAll(command) => command.run(),
            Self::RevokeWhere(command) => command.run(),
            Self::ForgetUser(command) => command.run(),
            Self::Purge(command) => command.run(),
            Self::Sessions(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::Stats(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Simulate(command) => command.run(),
            Self::Alerts(command) => command.run(),
            Self::Health(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::ConfigReference(command) => command.run(),
        }
    }
}
