//! `session-authority serve`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use crate::{
    app,
    config::{self, Config, ConfigError, ConfigSources},
};

use super::{
    command_error::{CommandError, ExitStatus},
    runtime, terminal,
};

/// Run a server
///
/// Every setting `a.b_c` of the file can also be given as the environment variable `SESSION_AUTHORITY__A__B_C`.
/// Environment variables override the file.
#[derive(Args)]
pub struct ServeCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// gRPC address and port, overrides `listen`
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Management address and port (probes and metrics), overrides `management.listen`
    #[arg(long, value_name = "ADDRESS")]
    management: Option<SocketAddr>,

    /// HTTP address and port for gateways, overrides `http.listen`
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,

    #[command(flatten)]
    clock: ClockFlags,

    /// Print the effective configuration without secrets, validate it and exit
    #[arg(long)]
    print_config: bool,
}

/// The operator's statement about the system clock.
#[derive(Args)]
pub struct ClockFlags {
    /// Trust the system clock even if it is far ahead of the stored time; for one start after long downtime
    #[arg(long)]
    pub accept_clock: bool,
}

/// The configuration file, the source of settings besides the environment.
#[derive(Args)]
pub struct ConfigFile {
    /// Configuration file (TOML)
    #[arg(long = "config", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl ConfigFile {
    pub fn sources(&self) -> ConfigSources {
        ConfigSources::from_process(self.path.as_deref())
    }
}

impl ServeCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let sources = with_addresses(self.file.sources(), self.listen, self.management, self.http);
        with_log_format(&sources, self.run_with(&sources))
    }

    fn run_with(self, sources: &ConfigSources) -> Result<ExitStatus, CommandError> {
        if self.print_config {
            let text = config::render_effective_config(sources).map_err(|error| config_error(&error))?;
            terminal::print(&text).map_err(CommandError::failed)?;
        }
        let config = Config::load(sources).map_err(|error| config_error(&error))?;
        if !self.print_config {
            runtime::block_on_multi_thread(app::run(config, self.clock.accept_clock, |_| ()))?
                .map_err(CommandError::failed)?;
        }
        Ok(ExitStatus::Success)
    }
}

/// Returns `sources`, overridden by the addresses that flags gave.
pub fn with_addresses(
    sources: ConfigSources,
    listen: Option<SocketAddr>,
    management: Option<SocketAddr>,
    http: Option<SocketAddr>,
) -> ConfigSources {
    sources
        .with_flag("--listen", "listen", listen)
        .with_flag("--management", "management.listen", management)
        .with_flag("--http", "http.listen", http)
}

/// Returns `outcome`, with a failure in the log format that `sources` configure.
pub fn with_log_format<T>(sources: &ConfigSources, outcome: Result<T, CommandError>) -> Result<T, CommandError> {
    outcome.map_err(|failure| failure.with_format(config::log_format(sources)))
}

/// Returns a usage error with a line for each invalid setting.
pub fn config_error(error: &ConfigError) -> CommandError {
    let heading = CommandError::usage("invalid configuration");
    error.problems().iter().fold(heading, CommandError::with_detail)
}
