//! `session-authority keys init`.

use std::path::PathBuf;

use clap::Args;

use crate::{config::GeneratedKeys, entropy::SystemEntropy, private_file};

use super::super::{
    command_error::{CommandError, ExitStatus},
    terminal,
};

const KEY_FILE_HEADER: &str = "\
# The keys of one installation of session-authority, new and stored nowhere else. All of its nodes have the
# same keys, and nobody else may know them.
#
#   installation  The installation secret. User handles in the store and the hashes of API keys depend on it.
#                 It is permanent: if it changes or is lost, every session and every API key is lost with it.
#   token         The token key, which signs and verifies session tokens. To replace it, append a new key with
#                 another ID, separated by a comma. Once every node has the new key, move it to the front: it
#                 then signs new tokens. Remove the old key after the longest session lifetime has passed.
";

/// Generate the keys of a new installation and print them
#[derive(Args)]
pub struct KeysInitCommand {
    /// Print environment variables instead of settings for the configuration file
    #[arg(long)]
    env: bool,

    /// File to write instead of standard output, readable only by its owner (mode 0600). An existing file is not
    /// overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl KeysInitCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let keys = GeneratedKeys::generate(&SystemEntropy).map_err(CommandError::failed)?;
        let values = if self.env { keys.to_environment() } else { keys.to_toml() };
        let text = format!("{KEY_FILE_HEADER}{values}");
        if let Some(file) = self.out {
            private_file::create(&file, &text)
                .map_err(|error| CommandError::failed(format!("--out {}: {error}", file.display())))?;
        } else {
            terminal::print(&text).map_err(CommandError::failed)?;
            terminal::warn_if_world_readable("the installation secret");
        }
        Ok(ExitStatus::Success)
    }
}
