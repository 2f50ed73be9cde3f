//! Migration of the schema.

use sqlx::{
    AssertSqlSafe, Executor, PgConnection,
    migrate::{AppliedMigration, MigrateError, Migration},
};

use super::{locks, refusal::classify, transaction::AuditTransaction};
use crate::audit::{
    AuditError,
    schema::{self, AppliedMigrations},
};

/// The table of migrations, in the form that sqlx uses, so that its tools can read it.
const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS audit_migrations (
    version        bigint      PRIMARY KEY,
    description    text        NOT NULL,
    installed_on   timestamptz NOT NULL DEFAULT now(),
    success        boolean     NOT NULL,
    checksum       bytea       NOT NULL,
    execution_time bigint      NOT NULL
)";
const RECORD: &str = "INSERT INTO audit_migrations (version, description, success, checksum, execution_time)
    VALUES ($1, $2, true, $3, -1)";

/// Applies missing migrations, each in one transaction, and returns their names. Nodes that do so at the same time wait
/// for each other.
pub(super) async fn run(connection: &mut PgConnection) -> Result<Vec<String>, AuditError> {
    let before = read_records(connection).await.map_err(|error| classify("reading the schema", error))?;
    let applied = summarise(&before);
    applied.require_success()?;
    for migration in schema::migrator(schema::POSTGRES).iter() {
        if !is_applied(&before, migration).map_err(AuditError::migration)? {
            apply(connection, migration).await.map_err(AuditError::migration)?;
        }
    }
    Ok(applied.missing(schema::POSTGRES))
}

/// Returns the applied migrations. Does not create their table, since a role that only appends lacks the permission.
pub(super) async fn applied(connection: &mut PgConnection) -> sqlx::Result<AppliedMigrations> {
    Ok(summarise(&read_records(connection).await?))
}

fn summarise(records: &[MigrationRecord]) -> AppliedMigrations {
    AppliedMigrations::from_records(records.iter().map(|record| (record.migration.version, record.success)))
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrateError> {
    let mut transaction = AuditTransaction::begin_migration(connection).await?;
    transaction.lock(locks::MIGRATION).await?;
    let failed = |error| MigrateError::ExecuteMigration(error, migration.version);
    // The existence of the table is not checked first: without a lock on the table, PostgreSQL would answer from the
    // state before the wait.
    transaction.execute(CREATE_TABLE).await.map_err(failed)?;
    // Another node may have applied it before this one got the lock.
    if !is_applied(&records(&mut transaction).await?, migration)? {
        transaction.execute(migration.sql.clone()).await.map_err(failed)?;
        let record = sqlx::query(RECORD)
            .bind(migration.version)
            .bind(migration.description.as_ref())
            .bind(migration.checksum.as_ref());
        record.execute(&mut transaction).await.map_err(failed)?;
    }
    transaction.commit().await?;
    Ok(())
}

fn is_applied(records: &[MigrationRecord], migration: &Migration) -> Result<bool, MigrateError> {
    if let Some(dirty) = records.iter().find(|record| !record.success) {
        return Err(MigrateError::Dirty(dirty.migration.version));
    }
    match records.iter().find(|record| record.migration.version == migration.version) {
        Some(record) if record.migration.checksum != migration.checksum => {
            Err(MigrateError::VersionMismatch(migration.version))
        }
        record => Ok(record.is_some()),
    }
}

struct MigrationRecord {
    migration: AppliedMigration,
    success: bool,
}

async fn read_records(connection: &mut PgConnection) -> sqlx::Result<Vec<MigrationRecord>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let has_begun = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(schema::TABLE);
    let has_begun: bool = has_begun.fetch_one(&mut transaction).await?;
    let records = if has_begun { records(&mut transaction).await? } else { Vec::new() };
    transaction.commit().await?;
    Ok(records)
}

async fn records(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<Vec<MigrationRecord>> {
    let statement = format!("SELECT version, checksum, success FROM {} ORDER BY version", schema::TABLE);
    let rows: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(transaction).await?;
    let record = |(version, checksum, success): (i64, Vec<u8>, bool)| MigrationRecord {
        migration: AppliedMigration { version, checksum: checksum.into() },
        success,
    };
    Ok(rows.into_iter().map(record).collect())
}
