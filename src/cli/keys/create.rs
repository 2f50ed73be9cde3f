//! `session-authority keys create`.

use std::time::Duration;

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};

use crate::{
    callers::{CallerEntry, CallerFile, NewCallerKey},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
    domain::CallerRole,
    entropy::SystemEntropy,
};

use super::{
    super::{
        client::print_response,
        command_error::{CommandError, ExitStatus},
        option_values,
        serve::{ConfigFile, config_error},
        terminal::{self, escape},
    },
    caller_file_error, format_tenant_scope,
};

/// Create an API key for a caller; it is shown only once
///
/// The key goes to standard output, everything else to standard error. A running server accepts it after it reloads the
/// file (`callers.reload_interval`).
#[derive(Args)]
pub struct KeysCreateCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, for the audit log
    #[arg(long)]
    name: String,

    /// Role of the caller, which determines the calls it may make
    #[arg(long, value_parser = PossibleValuesParser::new(CallerRole::ALL.map(CallerRole::name)).try_map(|name| parse_role(&name)))]
    role: CallerRole,

    /// Tenant that the caller may act on; may be repeated [default: every tenant]
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,

    /// Expire the key after this duration [default: never]
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    expires_in: Option<Duration>,
}

fn parse_role(name: &str) -> Result<CallerRole, String> {
    CallerRole::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| "unknown role".to_owned())
}

impl KeysCreateCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let KeysCommandConfig { file, installation } =
            KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let now = SystemClock.now();
        let new = NewCallerKey {
            name: self.name,
            role: self.role,
            tenants: self.tenants,
            expires_at: self.expires_in.map(|span| now.plus(span)),
        };
        let file = CallerFile::new(&file);
        let (key, entry) =
            file.create(new, &installation, now, &SystemEntropy).map_err(|error| caller_file_error(&error))?;
        let lost = format!(
            "key {id} was created but could not be printed; revoke it with `session-authority keys revoke {id}`",
            id = entry.key_id
        );
        print_response(&format!("{}\n", key.reveal()), Some(lost))?;
        terminal::warn_if_world_readable("an API key");
        terminal::print_to_stderr(&describe_key(&entry, &file.path().display().to_string()));
        Ok(ExitStatus::Success)
    }
}

fn describe_key(entry: &CallerEntry, file: &str) -> String {
    let expiry = entry.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
    let whose = format!("{} ({} for {}{expiry})", entry.name, entry.role.name(), format_tenant_scope(&entry.tenants));
    format!("key {} of {}, shown only once; its hash is stored in {file}\n", entry.key_id, escape(&whose))
}
