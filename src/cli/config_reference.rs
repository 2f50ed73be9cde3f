//! `session-authority config-reference`.

use clap::Args;

use crate::config;

use super::{
    command_error::{CommandError, ExitStatus},
    terminal,
};

/// Print every setting as a page of Markdown: what docs/configuration.md is made by
#[derive(Args)]
pub struct ConfigReferenceCommand;

impl ConfigReferenceCommand {
    #[expect(clippy::unused_self, reason = "commands run alike")]
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        terminal::print(&config::render_reference()).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
