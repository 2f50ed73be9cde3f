//! The record of callers.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteEventLog, append, finish, read_permit::with_timeout, refusal_as_unavailable};
use crate::{
    audit::{AuditError, CallerLog},
    domain::{CredentialUse, RefusedCalls},
    sqlite::{integer, time},
};

#[async_trait]
impl CallerLog for SqliteEventLog {
    async fn append_refused_calls(&self, refused: &[RefusedCalls]) -> Result<(), AuditError> {
        let during = "recording refused calls";
        let mut transaction = self.begin(during).await?;
        let outcome = append::append_refused_calls(&mut transaction, refused).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn record_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), AuditError> {
        let during = "recording the last use of credentials";
        let mut transaction = self.begin(during).await?;
        let outcome = record_uses(&mut transaction, uses).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn credential_uses(&self) -> Result<Vec<CredentialUse>, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            let rows: Vec<(String, String, i64)> =
                sqlx::query_as("SELECT credential, caller, last_used_at FROM credential_uses ORDER BY credential")
                    .fetch_all(&mut *reading.connection)
                    .await?;
            let read = |(credential, caller, at)| CredentialUse { credential, caller, last_used_at: time(at) };
            Ok(rows.into_iter().map(read).collect())
        };
        with_timeout("reading the last use of credentials", question).await
    }
}

async fn record_uses(connection: &mut SqliteConnection, uses: &[CredentialUse]) -> sqlx::Result<()> {
    for used in uses {
        sqlx::query(include_str!("sql/record_credential_use.sql"))
            .bind(&used.credential)
            .bind(&used.caller)
            .bind(integer(used.last_used_at))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
