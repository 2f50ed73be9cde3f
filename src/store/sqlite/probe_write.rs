use sqlx::SqliteConnection;

use super::engine_error::EngineError;

/// The store's `probe_write`: writes the first page of the file again. The number in it stays, so nothing is changed;
/// the page goes through the write-ahead log to the disk all the same.
pub(super) async fn probe_write(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    let layout: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    // A pragma takes no parameters; the number is the file's own.
    let write = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {layout}"));
    sqlx::raw_sql(write).execute(connection).await?;
    Ok(())
}
