//! Archive of the alert stream in PostgreSQL.

use std::sync::LazyLock;

use async_trait::async_trait;
use sqlx::{Arguments, PgConnection};
use tokio::time::timeout;

use super::{
    ANSWER_TIMEOUT, PostgresEventLog, acquire, erasure_marks,
    history::settle_query,
    parameters::{InsertLists, to_arguments},
    settle,
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        AlertArchive, AuditError,
        tables::{
            TableRow,
            alerts::{AlertRow, StoredAlertRow, to_column, to_position},
        },
        tenant_view::{TenantViewRow, build_tenant_view},
    },
    domain::{EventId, TenantId, alert::AlertId},
    store::{AlertPosition, StreamedAlert},
};

/// The parameter after the columns states whether the row directly follows the one before it in the batch.
static APPEND_ALERTS: LazyLock<String> = LazyLock::new(|| {
    let InsertLists { columns, values, arrays } = InsertLists::new::<AlertRow<'_>>();
    format!(
        include_str!("sql/append_alerts.template.sql"),
        columns = columns,
        values = values,
        arrays = arrays,
        follows = AlertRow::columns().into_iter().count() + 1
    )
});

#[async_trait]
impl AlertArchive for PostgresEventLog {
    async fn archive(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, archive(&mut connection, alerts)).await;
        settle(connection, "archiving alerts", outcome)
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, newest(&mut connection)).await;
        let newest = settle_query(connection, "reading the newest alert", outcome)?;
        Ok(Some(newest.map(to_position).unwrap_or_default()))
    }

    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, find(&mut connection, id)).await;
        Ok(settle_query(connection, "finding an alert", outcome)?.map(StreamedAlert::from))
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, read(&mut connection, after, up_to, limit)).await;
        let rows = settle_query(connection, "reading alerts", outcome)?;
        Ok(rows.into_iter().map(StreamedAlert::from).collect())
    }

    async fn read_tenants(
        &self,
        tenants: &[TenantId],
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, read_tenants(&mut connection, tenants, after, up_to, limit)).await;
        Ok(build_tenant_view(settle_query(connection, "reading tenant alerts", outcome)?))
    }
}

/// Returns, for each row, whether it directly follows the one before it in the batch.
fn contiguous_flags(rows: &[AlertRow<'_>]) -> Vec<bool> {
    let first = rows.first().map(|_| false);
    first.into_iter().chain(rows.windows(2).map(|pair| pair[1].previous == pair[0].position)).collect()
}

async fn newest(connection: &mut PgConnection) -> sqlx::Result<Option<(i64, i64)>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let newest = sqlx::query_as("SELECT major, minor FROM alerts ORDER BY major DESC, minor DESC LIMIT 1");
    let newest = newest.fetch_optional(&mut transaction).await?;
    transaction.commit().await?;
    Ok(newest)
}

async fn find(connection: &mut PgConnection, id: AlertId) -> sqlx::Result<Option<StoredAlertRow>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let find = sqlx::query_as(include_str!("sql/find_alert.sql")).bind(EventId(id.0));
    let row = find.fetch_optional(&mut transaction).await?;
    transaction.commit().await?;
    Ok(row)
}

async fn read(
    connection: &mut PgConnection,
    after: AlertPosition,
    up_to: AlertPosition,
    limit: usize,
) -> sqlx::Result<Vec<StoredAlertRow>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let read = sqlx::query_as(include_str!("sql/read_alerts.sql"))
        .bind(to_column(after.major))
        .bind(to_column(after.minor))
        .bind(to_column(up_to.major))
        .bind(to_column(up_to.minor))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = read.fetch_all(&mut transaction).await?;
    transaction.commit().await?;
    Ok(rows)
}

async fn read_tenants(
    connection: &mut PgConnection,
    tenants: &[TenantId],
    after: AlertPosition,
    up_to: AlertPosition,
    limit: usize,
) -> sqlx::Result<Vec<TenantViewRow>> {
    let tenants: Vec<_> = tenants.iter().map(TenantId::as_str).collect();
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let read = sqlx::query_as(include_str!("sql/read_tenant_alerts.sql"))
        .bind(to_column(after.major))
        .bind(to_column(after.minor))
        .bind(to_column(up_to.major))
        .bind(to_column(up_to.minor))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(tenants);
    let rows = read.fetch_all(&mut transaction).await?;
    transaction.commit().await?;
    Ok(rows)
}

async fn archive(connection: &mut PgConnection, alerts: &[StreamedAlert]) -> sqlx::Result<()> {
    let rows: Vec<_> = alerts.iter().map(AlertRow::from_streamed).collect();
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let marks =
        erasure_marks::load_by_digest(&mut transaction, rows.iter().filter_map(AlertRow::person_digest).collect())
            .await?;
    let rows: Vec<_> = rows.into_iter().map(|row| row.redact_if_forgotten(&marks)).collect();
    let mut arguments = to_arguments(&rows)?;
    arguments.add(contiguous_flags(&rows)).map_err(sqlx::Error::Encode)?;
    sqlx::query_with(APPEND_ALERTS.as_str(), arguments).execute(&mut transaction).await?;
    transaction.commit().await
}
