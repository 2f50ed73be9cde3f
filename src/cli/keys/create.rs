//! `session-authority keys create`.

use std::time::Duration;

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};

use crate::{
    callers::{CallerFile, Entry, NewKey},
    clock::{Clock, SystemClock},
    config::CallerKeys,
    domain::Role,
    entropy::SystemEntropy,
};

use super::{
    super::{
        client::print_answer,
        failure::{Exit, Failure},
        serve::{ConfigFile, not_configured},
        terminal::{self, clean},
        values,
    },
    not_changed, tenants,
};

/// Make an API key for a caller and print it, this once
///
/// The key goes to standard output, everything else to standard error. A server that runs accepts it as
/// soon as it has looked at the file (`callers.reload_interval`).
#[derive(Args)]
pub struct Create {
    #[command(flatten)]
    file: ConfigFile,

    /// Name of the caller, for the audit log
    #[arg(long)]
    name: String,

    /// What the caller is there for, and so which calls it may make
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)).try_map(|name| role(&name)))]
    role: Role,

    /// Tenant that it may act on; may be repeated [default: every tenant]
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,

    /// Let it expire after so long [default: never]
    #[arg(long, value_name = "SPAN", value_parser = values::positive_span)]
    expires_in: Option<Duration>,
}

fn role(name: &str) -> Result<Role, String> {
    Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| "not a role".to_owned())
}

impl Create {
    pub fn run(self) -> Result<Exit, Failure> {
        let CallerKeys { file, installation } =
            CallerKeys::load(&self.file.sources()).map_err(|error| not_configured(&error))?;
        let now = SystemClock.now();
        let new = NewKey {
            name: self.name,
            role: self.role,
            tenants: self.tenants,
            expires_at: self.expires_in.map(|span| now.plus(span)),
        };
        let file = CallerFile::new(&file);
        let (key, entry) = file.create(new, &installation, now, &SystemEntropy).map_err(|error| not_changed(&error))?;
        let lost = format!(
            "key {id} was made and is lost; revoke it with `session-authority keys revoke {id}`",
            id = entry.key_id
        );
        print_answer(&format!("{}\n", key.reveal()), Some(lost))?;
        terminal::warn_if_readable_by_others("an API key");
        terminal::print_error(&remark(&entry, &file.path().display().to_string()));
        Ok(Exit::Done)
    }
}

fn remark(entry: &Entry, file: &str) -> String {
    let expiry = entry.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
    let whose = format!("{} ({} for {}{expiry})", entry.name, entry.role.name(), tenants(&entry.tenants));
    format!("key {} of {}, shown this once; {file} has its hash\n", entry.key_id, clean(&whose))
}
