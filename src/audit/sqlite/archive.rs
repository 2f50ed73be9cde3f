//! Archive of the alert stream in SQLite.

use std::sync::LazyLock;

use async_trait::async_trait;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::{
    SqliteEventLog, finish,
    forget::load_mark,
    parameters::{named_values, to_arguments},
};
use crate::{
    audit::{
        AlertArchive, AuditError,
        erasure::ErasureMarks,
        tables::{
            alerts::{AlertRow, StoredAlertRow, to_column, to_position},
            column_names,
        },
        tenant_view::build_tenant_view,
    },
    domain::{TenantId, alert::AlertId},
    store::{AlertPosition, StreamedAlert},
};

static APPEND_ALERT: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/append_alert.template.sql"),
        columns = column_names::<AlertRow<'_>>(),
        named_values = named_values::<AlertRow<'_>>()
    )
});

#[async_trait]
impl AlertArchive for SqliteEventLog {
    async fn archive(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        let mut transaction = self.begin("archiving alerts").await?;
        let outcome = archive(&mut transaction, alerts).await;
        finish(transaction, "archiving alerts", outcome).await
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        let newest = sqlx::query_as("SELECT major, minor FROM alerts ORDER BY major DESC, minor DESC LIMIT 1");
        let newest: Option<(i64, i64)> = newest
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| AuditError::unavailable("reading the newest alert", error))?;
        Ok(Some(newest.map(to_position).unwrap_or_default()))
    }

    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, AuditError> {
        let row: sqlx::Result<Option<StoredAlertRow>> =
            sqlx::query_as(include_str!("sql/find_alert.sql")).bind(id.to_string()).fetch_optional(&self.pool).await;
        Ok(row.map_err(|error| AuditError::unavailable("finding an alert", error))?.map(StreamedAlert::from))
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        let rows: sqlx::Result<Vec<StoredAlertRow>> = sqlx::query_as(include_str!("sql/read_alerts.sql"))
            .bind(to_column(after.major))
            .bind(to_column(after.minor))
            .bind(to_column(up_to.major))
            .bind(to_column(up_to.minor))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await;
        let rows = rows.map_err(|error| AuditError::unavailable("reading alerts", error))?;
        Ok(rows.into_iter().map(StreamedAlert::from).collect())
    }

    async fn read_tenants(
        &self,
        tenants: &[TenantId],
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        let tenants: Value = tenants.iter().map(TenantId::as_str).collect();
        let rows = sqlx::query_as(include_str!("sql/read_tenant_alerts.sql"))
            .bind(to_column(after.major))
            .bind(to_column(after.minor))
            .bind(to_column(up_to.major))
            .bind(to_column(up_to.minor))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(tenants.to_string())
            .fetch_all(&self.pool)
            .await;
        rows.map(build_tenant_view).map_err(|error| AuditError::unavailable("reading tenant alerts", error))
    }
}

/// Archives alerts. Must be called in a transaction.
async fn archive(connection: &mut SqliteConnection, alerts: &[StreamedAlert]) -> sqlx::Result<()> {
    for alert in alerts {
        let row = AlertRow::from_streamed(alert);
        let marks = match row.person_digest() {
            Some(who) => load_mark(connection, who).await?.into_iter().collect(),
            None => ErasureMarks::default(),
        };
        let arguments = to_arguments(&row.redact_if_forgotten(&marks))?;
        sqlx::query_with(APPEND_ALERT.as_str(), arguments).execute(&mut *connection).await?;
    }
    Ok(())
}
