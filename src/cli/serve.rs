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

/// Serve, as the configuration says
///
/// Every setting `a.b_c` of the file can be given as environment variable `SESSION_AUTHORITY__A__B_C`,
/// which comes before the file.
#[derive(Args)]
pub struct ServeCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Address and port of gRPC, before `listen`
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Address and port of probes and metrics, before `management.listen`
    #[arg(long, value_name = "ADDRESS")]
    management: Option<SocketAddr>,

    #[command(flatten)]
    clock: ClockFlags,

    /// Print what is configured, secrets left out, and whether it can be served; do not serve
    #[arg(long)]
    print_config: bool,
}

/// What an operator states of the clock.
#[derive(Args)]
pub struct ClockFlags {
    /// Take the clock for right, however far it is ahead of what is stored: for one start, after a long standstill
    #[arg(long)]
    pub accept_clock: bool,
}

/// Where settings come from besides the environment.
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
        let sources = with_addresses(self.file.sources(), self.listen, self.management);
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

/// `sources` under the addresses that flags gave.
pub fn with_addresses(
    sources: ConfigSources,
    listen: Option<SocketAddr>,
    management: Option<SocketAddr>,
) -> ConfigSources {
    sources.with_flag("--listen", "listen", listen).with_flag("--management", "management.listen", management)
}

/// `outcome`, with a failure in the format that `sources` give the log.
pub fn with_log_format<T>(sources: &ConfigSources, outcome: Result<T, CommandError>) -> Result<T, CommandError> {
    outcome.map_err(|failure| failure.with_format(config::log_format(sources)))
}

/// A wrong usage, with a line for each setting that is wrong.
pub fn config_error(error: &ConfigError) -> CommandError {
    let heading = CommandError::usage("the configuration cannot be used");
    error.problems().iter().fold(heading, CommandError::with_detail)
}
