//! `session-authority completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    failure::{Exit, Failure},
    terminal,
};

/// Print the completions of a shell
#[derive(Args)]
pub struct Completions {
    /// Shell to complete in
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<Exit, Failure> {
        let mut command = Cli::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        terminal::print(&String::from_utf8_lossy(&script)).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}
