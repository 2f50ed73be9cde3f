//! `session-authority migrate`.

use clap::Args;

use crate::{
    app::audit_url,
    audit,
    config::{AuditUrl, Databases},
};

use super::{
    failure::{Exit, Failure},
    runtime,
    serve::{ConfigFile, not_configured},
    terminal,
};

/// Bring the schema of the audit database up to date
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    file: ConfigFile,
}

impl Migrate {
    pub fn run(self) -> Result<Exit, Failure> {
        let databases = Databases::load(&self.file.sources()).map_err(|error| not_configured(&error))?;
        if databases.audit.url == AuditUrl::None {
            terminal::print("nothing to migrate: `audit.url` is none\n").map_err(Failure::failed)?;
            return Ok(Exit::Done);
        }
        let migrating = async { audit::migrate(&audit_url(&databases.audit)).await };
        let applied = runtime::call(migrating)?.map_err(Failure::failed)?;
        terminal::print(&report(&applied)).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}

fn report(applied: &[String]) -> String {
    if applied.is_empty() {
        return "up to date\n".to_owned();
    }
    terminal::lines(applied.iter().map(|name| format!("applied {name}")))
}
