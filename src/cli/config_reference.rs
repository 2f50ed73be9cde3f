//! `session-authority config-reference`.

use clap::Args;

use crate::config;

use super::{
    failure::{Exit, Failure},
    terminal,
};

/// Print every setting as a page of Markdown: what docs/configuration.md is made by
#[derive(Args)]
pub struct ConfigReference;

impl ConfigReference {
    #[expect(clippy::unused_self, reason = "commands run alike")]
    pub fn run(self) -> Result<Exit, Failure> {
        terminal::print(&config::reference()).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}
