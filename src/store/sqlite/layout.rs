//! The layout of the file, and whether this release understands it.

use sqlx::{SqliteConnection, SqlitePool};

use super::fault::Fault;
use crate::store::StoreError;

const SCHEMA: &str = include_str!("sql/schema.sql");

/// Tables that came later than the layout, which stays one that the release before understands.
const LATER: [&str; 2] = [include_str!("sql/clock.sql"), include_str!("sql/walk_progress.sql")];

/// The layout that the schema makes.
const LAYOUT: i64 = 2;

/// What tells this service's file from other databases; the schema sets it.
const APPLICATION: i64 = 0x5341_5331;

/// Lays out an empty database, and refuses one that is not this service's or of a newer layout.
pub(super) async fn prepare(pool: &SqlitePool) -> Result<(), Fault> {
    let mut step = pool.begin_with("BEGIN IMMEDIATE").await?;
    if is_empty(&mut step).await? {
        sqlx::raw_sql(SCHEMA).execute(&mut *step).await?;
    }
    check(&mut step).await?;
    for table in LATER {
        sqlx::raw_sql(table).execute(&mut *step).await?;
    }
    step.commit().await?;
    Ok(())
}

async fn is_empty(connection: &mut SqliteConnection) -> Result<bool, Fault> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
    Ok(tables == 0)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), Fault> {
    let refused = |what: String| Err(StoreError::corrupt("opening the session store", what).into());
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    if application != APPLICATION {
        return refused("the file is an SQLite database, but not a session store".to_owned());
    }
    let layout: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    if layout != LAYOUT {
        return refused(format!(
            "the file has layout {layout} and this release knows layout {LAYOUT}; start the release that wrote it"
        ));
    }
    Ok(())
}
