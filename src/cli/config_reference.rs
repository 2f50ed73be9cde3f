//! `session-authority config-reference`.

use clap::Args;

use crate::config;

use super::{
    command_error::{CommandError, ExitStatus},
    terminal,
};

/// Print the configuration reference as Markdown (generates docs/configuration.md)
#[derive(Args)]
pub struct ConfigReferenceCommand;

impl ConfigReferenceCommand {
    #[expect(clippy::unused_self, reason = "all commands have the same signature")]
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        terminal::print(&config::render_reference()).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
