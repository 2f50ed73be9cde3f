use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteEventLog, classify, finish, never_refused};
use crate::{
    audit::{
        AuditError,
        binding::{AuditBinding, BoundAudit, integer, known, read},
    },
    domain::{Bucket, UnixMillis},
    store::{BindingId, KnownCheckpoints},
};

#[async_trait]
impl BoundAudit for SqliteEventLog {
    async fn binding(&self) -> Result<AuditBinding, AuditError> {
        let row = sqlx::query_as("SELECT audit, store FROM binding").fetch_one(&self.pool).await;
        read(row.map_err(|error| classify("reading its binding", error))?)
    }

    async fn bind(&self, store: BindingId) -> Result<(), AuditError> {
        let during = "binding it to the session store";
        let mut transaction = self.begin(during).await?;
        let update = sqlx::query("UPDATE binding SET store = ?1 WHERE store IS NULL").bind(&store.0[..]);
        let outcome = update.execute(&mut *transaction).await.map(drop);
        finish(transaction, during, outcome).await.map_err(|error| never_refused(during, error))
    }

    async fn rebind(&self, store: BindingId) -> Result<(), AuditError> {
        let during = "binding it to the session store";
        let mut transaction = self.begin(during).await?;
        let outcome = rebind(&mut transaction, store).await;
        finish(transaction, during, outcome).await.map_err(|error| never_refused(during, error))
    }

    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError> {
        let rows = sqlx::query_as("SELECT bucket, checkpoint FROM store_checkpoints").fetch_all(&self.pool).await;
        rows.map(known).map_err(|error| classify("reading the checkpoints of the store", error))
    }

    async fn record_checkpoint(
        &self,
        bucket: Bucket,
        before: Option<UnixMillis>,
        checkpoint: UnixMillis,
    ) -> Result<(), AuditError> {
        let during = "recording a checkpoint of the store";
        let mut transaction = self.begin(during).await?;
        let record = sqlx::query(
            "INSERT INTO store_checkpoints (bucket, checkpoint) VALUES (?1, ?2)
             ON CONFLICT (bucket) DO UPDATE SET checkpoint = excluded.checkpoint WHERE checkpoint = ?3",
        )
        .bind(i64::from(bucket.0))
        .bind(integer(checkpoint))
        .bind(before.map(integer));
        let outcome = record.execute(&mut *transaction).await.map(drop);
        finish(transaction, during, outcome).await.map_err(|error| never_refused(during, error))
    }
}

async fn rebind(connection: &mut SqliteConnection, store: BindingId) -> sqlx::Result<()> {
    sqlx::query("UPDATE binding SET store = ?1").bind(&store.0[..]).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM store_checkpoints").execute(connection).await.map(drop)
}
