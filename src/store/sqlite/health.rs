//! The clock and the health of the engine.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{
    SqliteSessionStore,
    transaction::{EngineError, WriteTransaction},
};
use crate::{
    domain::UnixMillis,
    sqlite::time,
    store::{SettingProblem, StoreClock, StoreError, StoreHealth},
};

#[async_trait]
impl StoreClock for SqliteSessionStore {
    async fn time(&self) -> Result<UnixMillis, StoreError> {
        let operation = "reading the time";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        let now = sqlx::query_scalar("SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER)");
        let now = now.fetch_one(&mut *connection).await;
        now.map(time).map_err(|error| EngineError::from(error).into_store_error(operation))
    }
}

#[async_trait]
impl StoreHealth for SqliteSessionStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn probe_write(&self, _: UnixMillis) -> Result<(), StoreError> {
        let operation = "probing for write access";
        // On a full disk, operations that make the file larger are the first to fail.
        self.disk_reserve.ensure_space(operation).await?;
        let mut transaction = WriteTransaction::begin(&self.pool, operation).await?;
        let outcome = rewrite_first_page(&mut transaction).await;
        transaction.finish(outcome).await
    }

    fn setting_problems(&self) -> Vec<SettingProblem> {
        Vec::new()
    }

    /// Saves the newest time, moves the write-ahead log into the file and unlocks it. Every later operation returns
    /// [`StoreError::Unreachable`].
    async fn close(&self) {
        if let Some(fence) = &self.fence {
            fence.save(&self.pool, true).await;
        }
        self.pool.close().await;
    }
}

/// Writes the first page of the file again. The value stays the same, so nothing changes, but the page goes through the
/// write-ahead log to the disk.
async fn rewrite_first_page(connection: &mut SqliteConnection) -> Result<(), EngineError> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    // A pragma takes no parameters; the number comes from the file.
    let write = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}"));
    sqlx::raw_sql(write).execute(connection).await?;
    Ok(())
}
