//! `session-authority keys rotate`.

use std::time::Duration;

use clap::Args;

use crate::{
    callers::{CallerFile, KeyRotation},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
    entropy::SystemEntropy,
};

use super::{
    super::{
        command_error::{CommandError, ExitStatus},
        option_values,
        serve::{ConfigFile, config_error},
        terminal::{self, escape},
    },
    caller_file_error,
    create::print_new_key,
};

/// Create a new API key for a caller and let the old one expire
///
/// The new key goes to standard output, everything else to standard error. It has the role and the tenants of the old
/// one. Both work until the old one expires; `keys list` shows whether it is still used.
#[derive(Args)]
pub struct KeysRotateCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, which must have exactly one active key
    #[arg(value_name = "NAME")]
    name: String,

    /// Time for which the old key still works
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "7d",
        value_parser = option_values::parse_positive_duration_arg,
    )]
    overlap: Duration,

    /// Expire the new key after this duration [default: never]
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    expires_in: Option<Duration>,
}

impl KeysRotateCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let KeysCommandConfig { file, installation } =
            KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let now = SystemClock.now();
        let rotation = KeyRotation {
            name: self.name,
            old_expires_at: now.plus(self.overlap),
            expires_at: self.expires_in.map(|span| now.plus(span)),
        };
        let file = CallerFile::new(&file);
        let (key, entry, old) =
            file.rotate(&rotation, &installation, now, &SystemEntropy).map_err(|error| caller_file_error(&error))?;
        print_new_key(&key, &entry, file.path())?;
        let until = old.expires_at.map(|at| at.to_string()).unwrap_or_default();
        let text = format!("the old key {} of {} expires at {until}", old.credential.id(), escape(&old.name));
        terminal::print_to_stderr(&format!("{text}\n"));
        Ok(ExitStatus::Success)
    }
}
