//! The schema of the file, and the check that this release supports it.

use sqlx::{SqliteConnection, SqlitePool};

use super::transaction::EngineError;
use crate::store::StoreError;

const SCHEMA: &str = include_str!("sql/schema.sql");

/// Tables that were added without a new schema version, so that the previous release still supports the file.
const ADDED_TABLES: &str = include_str!("sql/added_tables.sql");

/// The version of the schema.
const SCHEMA_VERSION: i64 = 2;

/// The ID that distinguishes this service's files from other databases. The schema sets it.
const APPLICATION_ID: i64 = 0x5341_5331;

/// Creates the schema in an empty database. Returns an error if the file belongs to another application or has another
/// schema version.
pub(super) async fn prepare(pool: &SqlitePool) -> Result<(), EngineError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    if is_empty(&mut transaction).await? {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    }
    check(&mut transaction).await?;
    sqlx::raw_sql(ADDED_TABLES).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn is_empty(connection: &mut SqliteConnection) -> Result<bool, EngineError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
    Ok(tables == 0)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    let refused = |what: String| Err(StoreError::corrupt("opening the session store", what).into());
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    if application != APPLICATION_ID {
        return refused("the file is an SQLite database, but not a session store".to_owned());
    }
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    if version != SCHEMA_VERSION {
        return refused(format!(
            "the file has schema version {version} but this release supports version {SCHEMA_VERSION}; run the release \
             that created it"
        ));
    }
    Ok(())
}
