use async_trait::async_trait;
use tokio::time::timeout;

use super::{ANSWER, PostgresEventLog, acquire, settle, settle_permitted};
use crate::{
    audit::{
        AuditError,
        binding::{AuditBinding, BoundAudit, read},
    },
    store::BindingId,
};

#[async_trait]
impl BoundAudit for PostgresEventLog {
    async fn binding(&self) -> Result<AuditBinding, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let row = sqlx::query_as("SELECT audit, store FROM binding").fetch_one(&mut *connection);
        let outcome = timeout(ANSWER, row).await;
        read(settle(connection, "reading its binding", outcome)?)
    }

    async fn bind(&self, store: BindingId) -> Result<(), AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let update = sqlx::query("UPDATE binding SET store = $1").bind(&store.0[..]).execute(&mut *connection);
        let outcome = timeout(ANSWER, update).await;
        settle_permitted(connection, "binding it to the session store", outcome).map(drop)
    }
}
