//! `session-authority keys list`.

use clap::Args;

use crate::{
    callers::{CallerFile, Entry},
    clock::{Clock, SystemClock},
    config::CallerKeys,
};

use super::{
    super::{
        failure::{Exit, Failure},
        json,
        serve::{ConfigFile, not_configured},
        terminal::{self, Style, Table, View, ago, until},
    },
    not_changed, tenants,
};

/// List the API keys of the file of callers
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    file: ConfigFile,

    /// Print them as one JSON document
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(self) -> Result<Exit, Failure> {
        let keys = CallerKeys::load(&self.file.sources()).map_err(|error| not_configured(&error))?;
        let entries = CallerFile::new(&keys.file).read().map_err(|error| not_changed(&error))?;
        let view = View { now: SystemClock.now(), style: Style::of_stdout() };
        let text = if self.json {
            let keys: Vec<_> = entries.iter().map(|entry| json::Key::new(entry, view.now)).collect();
            json::document(&keys).map_err(Failure::failed)?
        } else {
            table(&entries, view)
        };
        terminal::print(&text).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}

fn table(entries: &[Entry], view: View) -> String {
    let mut table = Table::new(&["NAME", "ROLE", "TENANTS", "KEY ID", "MADE", "STATE"]);
    for entry in entries {
        table.row([
            entry.name.clone(),
            entry.role.name().to_owned(),
            tenants(&entry.tenants),
            entry.key_id.to_string(),
            ago(entry.created_at, view.now),
            state(entry, view),
        ]);
    }
    table.show(view.style)
}

fn state(entry: &Entry, view: View) -> String {
    match (entry.revoked_at, entry.expires_at) {
        (Some(at), _) => format!("revoked {}", ago(at, view.now)),
        (None, Some(at)) if at <= view.now => format!("expired {}", ago(at, view.now)),
        (None, Some(at)) => format!("expires {}", until(at, view.now)),
        (None, None) => "live".to_owned(),
    }
}
