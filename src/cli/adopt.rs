//! `session-authority adopt`.

use clap::Args;

use crate::{
    app::{StartError, StoreAdoption},
    config::{Config, ConfigSources},
    store::StoreBinding,
};

use super::{
    command_error::{CommandError, ExitStatus},
    runtime,
    serve::{ConfigFile, config_error, with_log_format},
    terminal,
};

/// Bind the session store and the audit database to this installation
///
/// Nodes refuse a store that was emptied, that another installation wrote, or whose events belong in another audit
/// database. This command binds both, as they are, to this installation and to each other. Lost sessions are not
/// restored. Running nodes recover by themselves.
#[derive(Args)]
pub struct AdoptCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Trust the system clock even if it is far ahead of the time stored in an embedded store; after long downtime
    #[arg(long)]
    accept_clock: bool,

    /// Apply the change; without it, only report the current state
    #[arg(long)]
    yes: bool,
}

impl AdoptCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let sources = self.file.sources();
        with_log_format(&sources, self.run_with(&sources))
    }

    fn run_with(self, sources: &ConfigSources) -> Result<ExitStatus, CommandError> {
        let config = Config::load(sources).map_err(|error| config_error(&error))?;
        let (found, bound) = runtime::block_on_current_thread(adopt(config, self.accept_clock, self.yes))?
            .map_err(CommandError::failed)?;
        let done = match bound {
            Some(binding) => {
                format!("adopted: store {} is now bound to this installation and audit database\n", binding.store)
            }
            None => "nothing changed; repeat with --yes to apply\n".to_owned(),
        };
        terminal::print(&format!("{found}{done}")).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}

async fn adopt(
    config: Config,
    accept_clock: bool,
    is_confirmed: bool,
) -> Result<(String, Option<StoreBinding>), StartError> {
    let adoption = StoreAdoption::connect(&config, accept_clock).await?;
    let found = adoption.describe().await?;
    let bound = if is_confirmed { Some(adoption.adopt().await?) } else { None };
    Ok((found, bound))
}
