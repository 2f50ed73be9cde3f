use async_trait::async_trait;

use super::{SqliteEventLog, classify, finish, never_refused};
use crate::{
    audit::{
        AuditError,
        binding::{AuditBinding, BoundAudit, read},
    },
    store::BindingId,
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
        let update = sqlx::query("UPDATE binding SET store = ?1").bind(&store.0[..]).execute(&mut *transaction);
        let outcome = update.await.map(drop);
        finish(transaction, during, outcome).await.map_err(|error| never_refused(during, error))
    }
}
