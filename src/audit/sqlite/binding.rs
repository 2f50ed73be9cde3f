use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteEventLog, classify, finish, refusal_as_unavailable};
use crate::{
    audit::{
        AuditError,
        binding::{AuditBinding, BoundAudit, integer, to_binding, to_checkpoints},
    },
    domain::{Bucket, UnixMillis},
    store::{BindingId, KnownCheckpoints},
};

#[async_trait]
impl BoundAudit for SqliteEventLog {
    async fn binding(&self) -> Result<AuditBinding, AuditError> {
        let row = sqlx::query_as("SELECT audit, store FROM binding").fetch_one(&self.pool).await;
        to_binding(row.map_err(|error| classify("reading the binding", error))?)
    }

    async fn bind(&self, store: BindingId) -> Result<(), AuditError> {
        let during = "binding to the session store";
        let mut transaction = self.begin(during).await?;
        let update = sqlx::query("UPDATE binding SET store = ?1 WHERE store IS NULL").bind(&store.0[..]);
        let outcome = update.execute(&mut *transaction).await.map(drop);
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn rebind(&self, store: BindingId) -> Result<(), AuditError> {
        let during = "binding to the session store";
        let mut transaction = self.begin(during).await?;
        let outcome = rebind(&mut transaction, store).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError> {
        let rows = sqlx::query_as("SELECT bucket, checkpoint FROM store_checkpoints").fetch_all(&self.pool).await;
        rows.map(to_checkpoints).map_err(|error| classify("reading the checkpoints of the store", error))
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
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }
}

async fn rebind(connection: &mut SqliteConnection, store: BindingId) -> sqlx::Result<()> {
    sqlx::query("UPDATE binding SET store = ?1").bind(&store.0[..]).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM store_checkpoints").execute(connection).await.map(drop)
}
