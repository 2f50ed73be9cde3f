//! `session-authority migrate`.

use std::sync::Arc;

use clap::Args;

use crate::{
    app::audit_url,
    audit::{self, AuditError, Kept, Upkeep},
    clock::SystemClock,
    config::{Audit, AuditUrl, Databases, Sources},
};

use super::{
    failure::{Exit, Failure},
    runtime,
    serve::{ClockFlags, ConfigFile, in_log_format, not_configured},
    terminal,
};

/// Bring the audit database up to date, its schema and its upkeep
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    file: ConfigFile,

    #[command(flatten)]
    clock: ClockFlags,
}

impl Migrate {
    pub fn run(self) -> Result<Exit, Failure> {
        let sources = self.file.sources();
        in_log_format(&sources, self.run_with(&sources))
    }

    fn run_with(self, sources: &Sources) -> Result<Exit, Failure> {
        let databases = Databases::load(sources).map_err(|error| not_configured(&error))?;
        if databases.audit.url == AuditUrl::None {
            terminal::print("nothing to migrate: `audit.url` is none\n").map_err(Failure::failed)?;
            return Ok(Exit::Done);
        }
        let (applied, kept) =
            runtime::call(bring_up_to_date(&databases.audit, self.clock.accept_clock))?.map_err(Failure::failed)?;
        terminal::print(&report(&applied, kept)).map_err(Failure::failed)?;
        Ok(Exit::Done)
    }
}

/// The migrations that were applied, and what the upkeep did, which may be more than the service itself may do.
async fn bring_up_to_date(settings: &Audit, accept_clock: bool) -> Result<(Vec<String>, Kept), AuditError> {
    let url = audit_url(settings);
    let applied = audit::migrate(&url).await?;
    let log = audit::open(&url, false).await?.log;
    let upkeep = Upkeep::new(Arc::clone(&log), Arc::new(SystemClock), settings.retention).accepting_clock(accept_clock);
    let kept = upkeep.once().await;
    log.close().await;
    Ok((applied, kept?))
}

fn report(applied: &[String], kept: Kept) -> String {
    let applied = applied.iter().map(|name| format!("applied {name}"));
    let done = [("made", "partitions", kept.made), ("removed", "rows or partitions that were too old", kept.removed)];
    let done = done.into_iter().filter(|(_, _, number)| *number > 0);
    let lines: Vec<_> = applied.chain(done.map(|(done, what, number)| format!("{done} {number} {what}"))).collect();
    if lines.is_empty() { "up to date\n".to_owned() } else { terminal::lines(lines) }
}
