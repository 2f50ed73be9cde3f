//! `session-authority migrate`.

use std::sync::Arc;

use clap::Args;

use crate::{
    app::audit_url,
    audit::{self, AuditError, Maintenance, MaintenanceReport},
    clock::SystemClock,
    config::{AuditConfig, AuditUrl, ConfigSources, DatabasesConfig},
};

use super::{
    command_error::{CommandError, ExitStatus},
    runtime,
    serve::{ClockFlags, ConfigFile, config_error, with_log_format},
    terminal,
};

/// Migrate the audit database schema and run maintenance
#[derive(Args)]
pub struct MigrateCommand {
    #[command(flatten)]
    file: ConfigFile,

    #[command(flatten)]
    clock: ClockFlags,
}

impl MigrateCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let sources = self.file.sources();
        with_log_format(&sources, self.run_with(&sources))
    }

    fn run_with(self, sources: &ConfigSources) -> Result<ExitStatus, CommandError> {
        let databases = DatabasesConfig::load(sources).map_err(|error| config_error(&error))?;
        if databases.audit.url == AuditUrl::None {
            terminal::print("nothing to migrate: no audit database (`audit.url = \"none\"`)\n")
                .map_err(CommandError::failed)?;
            return Ok(ExitStatus::Success);
        }
        let (applied, maintenance) =
            runtime::block_on_current_thread(migrate_and_maintain(&databases.audit, self.clock.accept_clock))?
                .map_err(CommandError::failed)?;
        terminal::print(&format_report(&applied, maintenance)).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}

/// Applies the migrations and runs maintenance, which may have more rights here than in the service itself. Returns the
/// applied migrations and the report of the maintenance.
async fn migrate_and_maintain(
    settings: &AuditConfig,
    accept_clock: bool,
) -> Result<(Vec<String>, MaintenanceReport), AuditError> {
    let url = audit_url(settings);
    let applied = audit::migrate(&url).await?;
    let log = audit::open(&url, false).await?.log;
    let maintenance_task =
        Maintenance::new(Arc::clone(&log), Arc::new(SystemClock), settings.retention).with_accepted_clock(accept_clock);
    let maintenance = maintenance_task.run_once().await;
    log.close().await;
    Ok((applied, maintenance?))
}

fn format_report(applied: &[String], maintenance: MaintenanceReport) -> String {
    let applied = applied.iter().map(|name| format!("applied {name}"));
    let done = [
        ("created", "partitions", maintenance.partitions_created),
        ("removed", "expired rows or partitions", maintenance.removed),
    ];
    let done = done.into_iter().filter(|(_, _, number)| *number > 0);
    let lines: Vec<_> = applied.chain(done.map(|(done, what, number)| format!("{done} {number} {what}"))).collect();
    if lines.is_empty() { "up to date\n".to_owned() } else { terminal::join_escaped_lines(lines) }
}
