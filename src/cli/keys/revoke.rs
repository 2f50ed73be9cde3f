//! `session-authority keys revoke`.

use clap::Args;

use crate::{
    callers::{CallerEntry, CallerFile, CredentialId, CredentialSelector},
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

/// Revoke an API key or a SPIFFE ID, or all of a caller
///
/// A running server refuses a revoked credential, and ends its streams, after it reloads the file (`callers.reload_interval`).
#[derive(Args)]
pub struct KeysRevokeCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, ID of one key, or a SPIFFE ID
    #[arg(value_name = "NAME|KEY_ID|SPIFFE_ID")]
    which: String,
}

impl KeysRevokeCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let keys = KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let selector = CredentialSelector::from(self.which.as_str());
        let revoked = CallerFile::new(&keys.file)
            .revoke(&selector, SystemClock.now())
            .map_err(|error| caller_file_error(&error))?;
        let line = |entry: &CallerEntry| match entry.credential.id() {
            CredentialId::Key(id) => format!("revoked key {id} of {}", entry.name),
            CredentialId::Certificate(id) => format!("revoked {id} of {}", entry.name),
        };
        let text = match revoked.as_slice() {
            [] => "already revoked\n".to_owned(),
            revoked => terminal::join_escaped_lines(revoked.iter().map(line)),
        };
        terminal::print(&text).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
