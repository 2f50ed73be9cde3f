//! Queries of tenants.

use sqlx::PgConnection;

use crate::{
    audit::{postgres::transaction::AuditTransaction, tables::tenants::StoredTenantCounts},
    domain::{
        TenantId,
        search::{PageRequest, TenantSearch, TenantSummary},
    },
};

pub(super) async fn list(
    connection: &mut PgConnection,
    search: &TenantSearch,
    page: PageRequest<TenantId>,
) -> sqlx::Result<Vec<TenantSummary>> {
    let permitted = search.tenants.as_ref().map(|tenants| tenants.iter().map(TenantId::as_str).collect::<Vec<_>>());
    let mut transaction = AuditTransaction::begin_read_snapshot(connection).await?;
    let rows: Vec<StoredTenantCounts> = sqlx::query_as(include_str!("sql/list_tenants.sql"))
        .bind(permitted)
        .bind(page.after.as_ref().map(TenantId::as_str))
        .bind(search.since)
        .bind(i64::from(page.size))
        .fetch_all(&mut transaction)
        .await?;
    transaction.commit().await?;
    rows.into_iter().map(StoredTenantCounts::into_summary).collect()
}
