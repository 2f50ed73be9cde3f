//! The record of callers.

use async_trait::async_trait;
use sqlx::PgConnection;
use tokio::time::timeout;

use super::{
    ANSWER_TIMEOUT, PostgresEventLog, acquire, append, history::settle_query, settle_permitted,
    transaction::AuditTransaction,
};
use crate::{
    audit::{AuditError, CallerLog},
    domain::{CredentialUse, RefusedCalls, UnixMillis},
};

#[async_trait]
impl CallerLog for PostgresEventLog {
    async fn append_refused_calls(&self, refused: &[RefusedCalls]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, append::append_refused_calls(&mut connection, refused)).await;
        settle_permitted(connection, "recording refused calls", outcome)
    }

    async fn record_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, record_uses(&mut connection, uses)).await;
        settle_permitted(connection, "recording the last use of credentials", outcome)
    }

    async fn credential_uses(&self) -> Result<Vec<CredentialUse>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, load_uses(&mut connection)).await;
        settle_query(connection, "reading the last use of credentials", outcome)
    }
}

async fn record_uses(connection: &mut PgConnection, uses: &[CredentialUse]) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    sqlx::query(include_str!("sql/record_credential_uses.sql"))
        .bind(uses.iter().map(|used| used.credential.as_str()).collect::<Vec<_>>())
        .bind(uses.iter().map(|used| used.caller.as_str()).collect::<Vec<_>>())
        .bind(uses.iter().map(|used| used.last_used_at).collect::<Vec<_>>())
        .execute(&mut transaction)
        .await?;
    transaction.commit().await
}

async fn load_uses(connection: &mut PgConnection) -> sqlx::Result<Vec<CredentialUse>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let rows: Vec<(String, String, UnixMillis)> =
        sqlx::query_as("SELECT credential, caller, last_used_at FROM credential_uses ORDER BY credential")
            .fetch_all(&mut transaction)
            .await?;
    transaction.commit().await?;
    let read = |(credential, caller, last_used_at)| CredentialUse { credential, caller, last_used_at };
    Ok(rows.into_iter().map(read).collect())
}
