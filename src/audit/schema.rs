//! The built-in migrations of both databases.

use std::collections::HashSet;

use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use super::error::AuditError;

/// The table in which a database records its applied migrations.
pub(super) const TABLE: &str = "audit_migrations";

/// The names of the files in `migrations/`, in order, with their contents.
type MigrationFiles = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($directory:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../migrations/", $directory, "/", $name, ".sql")))),+]
    };
}

pub(super) const POSTGRES: MigrationFiles = files!(
    "postgres": "0001_session_events", "0002_login_events", "0003_refused_events", "0004_sessions", "0005_alerts",
    "0006_forgotten_users", "0007_maintenance_clock", "0008_recording_order", "0009_binding", "0010_mass_revocations",
    "0012_alerts_by_tenant", "0013_credential_uses", "0014_denied_tokens", "0015_answered_alerts", "0016_last_seen",
    "0017_notifications", "0018_webhooks", "0019_alert_answers", "0020_webhook_replays",
);
pub(super) const SQLITE: MigrationFiles = files!(
    "sqlite": "0001_session_events", "0002_login_events", "0003_refused_events", "0004_sessions", "0005_alerts",
    "0006_forgotten_users", "0007_maintenance_clock", "0009_binding", "0010_mass_revocations", "0012_alerts_by_tenant",
    "0013_credential_uses", "0014_denied_tokens", "0015_answered_alerts", "0016_last_seen", "0017_notifications",
    "0018_webhooks", "0019_alert_answers", "0020_webhook_replays",
);

/// Returns a migrator that applies missing migrations. Migrations of a newer release are ignored: a newer schema also
/// serves the release before it.
pub(super) fn migrator(files: MigrationFiles) -> Migrator {
    let migration = |(name, sql): &(&'static str, &'static str)| {
        Some(Migration::new(version(name)?, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false))
    };
    let mut migrator = Migrator::with_migrations(files.iter().filter_map(migration).collect());
    migrator.set_ignore_missing(true).dangerous_set_table_name(TABLE);
    migrator
}

/// The migrations that were applied to a database.
#[derive(Debug, Default)]
pub(super) struct AppliedMigrations {
    versions: HashSet<i64>,
    /// A migration that is recorded as failed.
    failed: Option<i64>,
}

impl AppliedMigrations {
    /// Reads the table that records them, which must exist.
    pub(super) async fn read<C: Migrate>(connection: &mut C) -> sqlx::Result<Self> {
        let unread = |error: MigrateError| sqlx::Error::Migrate(error.into());
        let applied = connection.list_applied_migrations(TABLE).await.map_err(unread)?;
        let failed = connection.dirty_version(TABLE).await.map_err(unread)?;
        Ok(Self { versions: applied.into_iter().map(|migration| migration.version).collect(), failed })
    }

    /// Converts records of a version and whether it succeeded.
    pub(super) fn from_records(records: impl Iterator<Item = (i64, bool)>) -> Self {
        let mut applied = Self::default();
        for (version, succeeded) in records {
            applied.versions.insert(version);
            if !succeeded {
                applied.failed = applied.failed.or(Some(version));
            }
        }
        applied
    }

    /// Returns the names of the files that have not been applied.
    pub(super) fn missing(&self, files: MigrationFiles) -> Vec<String> {
        let is_applied = |name: &str| version(name).is_some_and(|version| self.versions.contains(&version));
        files.iter().map(|(name, _)| *name).filter(|name| !is_applied(name)).map(str::to_owned).collect()
    }

    /// Returns an error if one is recorded as failed.
    pub(super) const fn require_success(&self) -> Result<(), AuditError> {
        match self.failed {
            Some(version) => Err(AuditError::MigrationFailed { version }),
            None => Ok(()),
        }
    }

    /// Returns an error unless every migration has been applied successfully.
    pub(super) fn require_complete(&self, files: MigrationFiles) -> Result<(), AuditError> {
        self.require_success()?;
        let missing = self.missing(files);
        if missing.is_empty() { Ok(()) } else { Err(AuditError::SchemaBehind { missing }) }
    }
}

fn version(name: &str) -> Option<i64> {
    name.split('_').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_built_in_under_its_name_and_in_its_order() {
        for (directory, files) in [("postgres", POSTGRES), ("sqlite", SQLITE)] {
            let path = format!("{}/migrations/{directory}", env!("CARGO_MANIFEST_DIR"));
            let entries = std::fs::read_dir(path).expect("the directory");
            let mut found: Vec<_> =
                entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
            found.sort();
            let built_in: Vec<_> = files.iter().map(|(name, _)| format!("{name}.sql")).collect();
            assert_eq!(built_in, found, "{directory}");
            assert_eq!(migrator(files).iter().count(), files.len(), "{directory}");
        }
    }

    #[test]
    fn a_migration_begins_by_saying_what_it_is_for() {
        for (name, sql) in POSTGRES.iter().chain(SQLITE) {
            assert!(sql.starts_with("-- "), "{name}");
        }
    }

    #[test]
    fn what_a_database_has_not_had_is_named() {
        let applied = AppliedMigrations { versions: [1].into(), failed: None };
        assert_eq!(applied.missing(SQLITE)[..2], ["0002_login_events", "0003_refused_events"]);
    }
}
