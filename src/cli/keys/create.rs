//! `session-authority keys create`.

use std::{path::Path, time::Duration};

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};

use crate::{
    callers::{ApiKey, CallerEntry, CallerFile, NewCaller},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
    domain::{CallerRole, SpiffeId},
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

/// Create an API key for a caller, shown only once, or list the SPIFFE ID of its client certificates
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

    /// Accept client certificates with this SPIFFE ID instead of a new API key. The server must have
    /// `tls.client_ca_file`
    #[arg(long, value_name = "SPIFFE_ID")]
    spiffe_id: Option<SpiffeId>,

    /// Expire the key, or the access of the SPIFFE ID, after this duration [default: never]
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
        let new = NewCaller {
            name: self.name,
            role: self.role,
            tenants: self.tenants,
            expires_at: self.expires_in.map(|span| now.plus(span)),
        };
        let file = CallerFile::new(&file);
        if let Some(id) = self.spiffe_id {
            let entry = file.add_spiffe_id(new, id, now).map_err(|error| caller_file_error(&error))?;
            let (id, caller) = (entry.credential.id(), describe_caller(&entry));
            let listed = format!("client certificates of {id} identify {caller}");
            print_response(&terminal::join_escaped_lines([listed]), None)?;
            return Ok(ExitStatus::Success);
        }
        let (key, entry) =
            file.create(new, &installation, now, &SystemEntropy).map_err(|error| caller_file_error(&error))?;
        print_new_key(&key, &entry, file.path())?;
        Ok(ExitStatus::Success)
    }
}

/// Prints a key that was just created, and describes it on standard error.
pub(super) fn print_new_key(key: &ApiKey, entry: &CallerEntry, file: &Path) -> Result<(), CommandError> {
    let id = entry.credential.id();
    let lost =
        format!("key {id} was created but could not be printed; revoke it with `session-authority keys revoke {id}`");
    print_response(&format!("{}\n", key.reveal()), Some(lost))?;
    terminal::warn_if_world_readable("an API key");
    let (whose, file) = (describe_caller(entry), file.display());
    let text = format!("key {id} of {}, shown only once; its hash is stored in {file}\n", escape(&whose));
    terminal::print_to_stderr(&text);
    Ok(())
}

fn describe_caller(entry: &CallerEntry) -> String {
    let expiry = entry.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
    format!("{} ({} for {}{expiry})", entry.name, entry.role.name(), format_tenant_scope(&entry.tenants))
}
