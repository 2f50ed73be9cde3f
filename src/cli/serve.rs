//! `session-authority serve`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use crate::{
    app,
    config::{self, Config, ConfigError, Sources},
};

use super::{
    failure::{Exit, Failure},
    runtime, terminal,
};

/// Serve, as the configuration says
///
/// Every setting `a.b_c` of the file can be given as environment variable `SESSION_AUTHORITY__A__B_C`,
/// which comes before the file.
#[derive(Args)]
pub struct Serve {
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
    pub fn sources(&self) -> Sources {
        Sources::of_this_process(self.path.as_deref())
    }
}

impl Serve {
    pub fn run(self) -> Result<Exit, Failure> {
        let sources = with_addresses(self.file.sources(), self.listen, self.management);
        in_log_format(&sources, self.run_with(&sources))
    }

    fn run_with(self, sources: &Sources) -> Result<Exit, Failure> {
        if self.print_config {
            let text = config::effective(sources).map_err(|error| not_configured(&error))?;
            terminal::print(&text).map_err(Failure::failed)?;
        }
        let config = Config::load(sources).map_err(|error| not_configured(&error))?;
        if !self.print_config {
            runtime::serve(app::run(config, self.clock.accept_clock, |_| ()))?.map_err(Failure::failed)?;
        }
        Ok(Exit::Done)
    }
}

/// `sources` under the addresses that flags gave.
pub fn with_addresses(sources: Sources, listen: Option<SocketAddr>, management: Option<SocketAddr>) -> Sources {
    sources.with_flag("--listen", "listen", listen).with_flag("--management", "management.listen", management)
}

/// `outcome`, with a failure in the format that `sources` give the log.
pub fn in_log_format<T>(sources: &Sources, outcome: Result<T, Failure>) -> Result<T, Failure> {
    outcome.map_err(|failure| failure.in_format(config::log_format(sources)))
}

/// A wrong usage, with a line for each setting that is wrong.
pub fn not_configured(error: &ConfigError) -> Failure {
    let heading = Failure::usage("the configuration cannot be used");
    error.problems().iter().fold(heading, Failure::and)
}
