//! `session-authority keys revoke`.

use clap::Args;

use crate::{
    callers::{CallerFile, Entry, Selector},
    clock::{Clock, SystemClock},
    config::CallerKeys,
};

use super::{
    super::{
        failure::{Exit, Failure},
        serve::{ConfigFile, not_configured},
        terminal,
    },
    not_changed,
};

/// Revoke one API key, or all keys of a caller
///
/// A server that runs refuses it as soon as it has looked at the file (`callers.reload_interval`).
#[derive(Args)]
pub struct Revoke {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, or id of one key
    #[arg(value_name = "NAME|KEY_ID")]
    which: String,
}

impl Revoke {
    pub fn run(self) -> Result<Exit, Failure> {
        let keys = CallerKeys::load(&self.file.sources()).map_err(|error| not_configured(&error))?;
        let selector = Selector::from(self.which.as_str());
        let revoked =
            CallerFile::new(&keys.file).revoke(&selector, SystemClock.now()).map_err(|error| not_changed(&error))?;
        let line = |entry: &Entry| format!("revoked key {} of {}", entry.key_id, entry.name);
        let text = match revoked.as_slice() {
            [] => "revoked already\n".to_owned(),
            revoked => terminal::lines(revoked.iter().map(line)),
        };
        terminal::print(&text).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}
