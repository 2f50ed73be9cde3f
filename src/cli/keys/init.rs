//! `session-authority keys init`.

use std::path::PathBuf;

use clap::Args;

use crate::{config::GeneratedKeys, entropy::SystemEntropy, private_file};

use super::super::{
    command_error::{CommandError, ExitStatus},
    terminal,
};

const KEY_FILE_HEADER: &str = "\
# The keys of one installation of the session authority, fresh and stored nowhere else: the same on
# all of its nodes, and known to nobody but them.
#
#   installation  names users in the store and guards API keys. Permanent: when it changes or is lost,
#                 every session and every API key is lost with it.
#   token         makes and recognises the tokens of sessions. To replace it, put a new one with another
#                 id behind it, separated by a comma, and when every node knows it, before it; it then
#                 makes the new tokens. Take the old one out when the longest lifetime
#                 of a session has passed.
";

/// Make a fresh set of keys for a new installation and print it; nothing else is stored
#[derive(Args)]
pub struct KeysInitCommand {
    /// As environment variables rather than for the configuration file
    #[arg(long)]
    env: bool,

    /// File to write them to instead of standard output, for its owner alone (mode 0600). One that exists is left alone
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
            terminal::warn_if_world_readable("the secret of the installation");
        }
        Ok(ExitStatus::Success)
    }
}
