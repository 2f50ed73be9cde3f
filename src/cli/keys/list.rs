//! `session-authority keys list`.

use clap::Args;

use crate::{
    callers::{CallerEntry, CallerFile},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
};

use super::{
    super::{
        command_error::{CommandError, ExitStatus},
        json,
        serve::{ConfigFile, config_error},
        terminal::{self, RenderContext, TerminalStyle, TextTable, format_time_since, format_time_until},
    },
    caller_file_error, format_tenant_scope,
};

/// List the credentials of the callers file
#[derive(Args)]
pub struct KeysListCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Print the credentials as one JSON document
    #[arg(long)]
    json: bool,
}

impl KeysListCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let keys = KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let entries = CallerFile::new(&keys.file).read().map_err(|error| caller_file_error(&error))?;
        let view = RenderContext { now: SystemClock.now(), style: TerminalStyle::for_stdout() };
        let text = if self.json {
            let keys: Vec<_> = entries.iter().map(|entry| json::CredentialJson::new(entry, view.now)).collect();
            json::to_document(&keys).map_err(CommandError::failed)?
        } else {
            render_table(&entries, view)
        };
        terminal::print(&text).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}

fn render_table(entries: &[CallerEntry], view: RenderContext) -> String {
    let mut table = TextTable::new(&["NAME", "ROLE", "TENANTS", "KEY ID OR SPIFFE ID", "CREATED", "STATE"]);
    for entry in entries {
        table.add_row([
            entry.name.clone(),
            entry.role.name().to_owned(),
            format_tenant_scope(&entry.tenants),
            entry.credential.id().to_string(),
            format_time_since(entry.created_at, view.now),
            format_state(entry, view),
        ]);
    }
    table.render(view.style)
}

fn format_state(entry: &CallerEntry, view: RenderContext) -> String {
    match (entry.revoked_at, entry.expires_at) {
        (Some(at), _) => format!("revoked {}", format_time_since(at, view.now)),
        (None, Some(at)) if at <= view.now => format!("expired {}", format_time_since(at, view.now)),
        (None, Some(at)) => format!("expires {}", format_time_until(at, view.now)),
        (None, None) => "active".to_owned(),
    }
}
