//! `session-authority completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    command_error::{CommandError, ExitStatus},
    terminal,
};

/// Generate shell completions
#[derive(Args)]
pub struct CompletionsCommand {
    /// Shell to generate completions for
    shell: Shell,
}

impl CompletionsCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let mut command = Cli::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        terminal::print(&String::from_utf8_lossy(&script)).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
