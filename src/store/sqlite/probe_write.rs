use sqlx::SqliteConnection;

use super::engine_error::EngineError;

/// Writes the first page of the file again, for the store's `probe_write`. The value stays the same, so nothing
/// changes, but the page goes through the write-ahead log to the disk.
pub(super) async fn probe_write(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    // A pragma takes no parameters; the number comes from the file.
    let write = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}"));
    sqlx::raw_sql(write).execute(connection).await?;
    Ok(())
}
