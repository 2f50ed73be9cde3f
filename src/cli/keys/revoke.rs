//! `session-authority keys revoke`.

use clap::Args;

use crate::{
    callers::{CallerEntry, CallerFile, KeySelector},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
};

use super::{
    super::{
        command_error::{CommandError, ExitStatus},
        serve::{ConfigFile, config_error},
        terminal,
    },
    caller_file_error,
};

/// Revoke one API key, or all keys of a caller
///
/// A running server refuses a revoked key after it reloads the file (`callers.reload_interval`).
#[derive(Args)]
pub struct KeysRevokeCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, or ID of one key
    #[arg(value_name = "NAME|KEY_ID")]
    which: String,
}

impl KeysRevokeCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let keys = KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let selector = KeySelector::from(self.which.as_str());
        let revoked = CallerFile::new(&keys.file)
            .revoke(&selector, SystemClock.now())
            .map_err(|error| caller_file_error(&error))?;
        let line = |entry: &CallerEntry| format!("revoked key {} of {}", entry.key_id, entry.name);
        let text = match revoked.as_slice() {
            [] => "already revoked\n".to_owned(),
            revoked => terminal::join_escaped_lines(revoked.iter().map(line)),
        };
        terminal::print(&text).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
