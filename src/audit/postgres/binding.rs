use async_trait::async_trait;
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};
use tokio::time::timeout;

use super::{ANSWER_TIMEOUT, PostgresEventLog, acquire, settle_permitted, transaction::AuditTransaction};
use crate::{
    audit::{
        AuditError,
        binding::{AuditBinding, BoundAudit, integer, to_binding, to_checkpoints},
    },
    domain::{Bucket, UnixMillis},
    store::{BindingId, KnownCheckpoints},
};

#[async_trait]
impl BoundAudit for PostgresEventLog {
    async fn binding(&self) -> Result<AuditBinding, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, load_binding(&mut connection)).await;
        to_binding(settle_permitted(connection, "reading the binding", outcome)?)
    }

    async fn bind(&self, store: BindingId) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let update = sqlx::query("UPDATE binding SET store = $1 WHERE store IS NULL").bind(&store.0[..]);
        let outcome = timeout(ANSWER_TIMEOUT, write(&mut connection, update)).await;
        settle_permitted(connection, "binding to the session store", outcome)
    }

    async fn rebind(&self, store: BindingId) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, rebind(&mut connection, store)).await;
        settle_permitted(connection, "binding to the session store", outcome)
    }

    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, load_checkpoints(&mut connection)).await;
        settle_permitted(connection, "reading the checkpoints of the store", outcome).map(to_checkpoints)
    }

    async fn record_checkpoint(
        &self,
        bucket: Bucket,
        before: Option<UnixMillis>,
        checkpoint: UnixMillis,
    ) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let record = sqlx::query(
            "INSERT INTO store_checkpoints (bucket, checkpoint) VALUES ($1, $2)
             ON CONFLICT (bucket) DO UPDATE SET checkpoint = excluded.checkpoint WHERE store_checkpoints.checkpoint = $3",
        )
        .bind(i16::from(bucket.0))
        .bind(integer(checkpoint))
        .bind(before.map(integer));
        let outcome = timeout(ANSWER_TIMEOUT, write(&mut connection, record)).await;
        settle_permitted(connection, "recording a checkpoint of the store", outcome)
    }
}

async fn load_binding(connection: &mut PgConnection) -> sqlx::Result<(Vec<u8>, Option<Vec<u8>>)> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let row = sqlx::query_as("SELECT audit, store FROM binding").fetch_one(&mut transaction).await?;
    transaction.commit().await?;
    Ok(row)
}

async fn load_checkpoints(connection: &mut PgConnection) -> sqlx::Result<Vec<(i64, i64)>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let rows = sqlx::query_as("SELECT bucket::bigint, checkpoint FROM store_checkpoints");
    let rows = rows.fetch_all(&mut transaction).await?;
    transaction.commit().await?;
    Ok(rows)
}

async fn write(connection: &mut PgConnection, statement: Query<'_, Postgres, PgArguments>) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    statement.execute(&mut transaction).await?;
    transaction.commit().await
}

async fn rebind(connection: &mut PgConnection, store: BindingId) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    sqlx::query("UPDATE binding SET store = $1").bind(&store.0[..]).execute(&mut transaction).await?;
    sqlx::query("DELETE FROM store_checkpoints").execute(&mut transaction).await?;
    transaction.commit().await
}
