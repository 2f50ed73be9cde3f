//! Queries of tenants.

use serde_json::Value;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::live::LIVE;
use crate::{
    audit::tables::tenants::StoredTenantCounts,
    domain::{
        TenantId,
        search::{PageRequest, TenantSearch, TenantSummary},
    },
    sqlite::integer,
};

pub(super) async fn list(
    connection: &mut SqliteConnection,
    search: &TenantSearch,
    page: PageRequest<TenantId>,
) -> sqlx::Result<Vec<TenantSummary>> {
    let statement = format!(include_str!("../sql/list_tenants.template.sql"), live = LIVE);
    let permitted = search.tenants.as_ref().map(|tenants| tenants.iter().map(TenantId::as_str).collect::<Value>());
    let rows: Vec<StoredTenantCounts> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(permitted.map(|tenants| tenants.to_string()))
        .bind(page.after.as_ref().map_or("", TenantId::as_str))
        .bind(integer(search.since))
        .bind(i64::from(page.size))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(StoredTenantCounts::into_summary).collect()
}
