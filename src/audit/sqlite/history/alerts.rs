//! Queries of alerts.

use sqlx::{FromRow, SqliteConnection, sqlite::SqliteRow};

use super::{listing::ListingSpec, select_builder::SelectBuilder};
use crate::{
    audit::tables::alerts::ListedAlertRow,
    domain::{
        UserId,
        search::{AlertListPosition, AlertSearch, AlertState, ListedAlert, PageRequest, TenantFilter},
    },
    sqlite::integer,
};

const LISTING: ListingSpec<AlertListPosition, ListedAlert> = ListingSpec {
    order: ("event_time", "alert_id"),
    position: |position| (integer(position.event_time), position.id.to_string()),
    entry: |row: &SqliteRow| ListedAlertRow::from_row(row)?.into_listed_alert(),
};

pub(super) async fn list(
    connection: &mut SqliteConnection,
    search: &AlertSearch,
    page: PageRequest<AlertListPosition>,
) -> sqlx::Result<Vec<ListedAlert>> {
    LISTING.page(connection, || list_query(search), page).await
}

/// Returns the index that serves a query of alerts in the order of time.
pub(super) const fn index(tenants: &TenantFilter, user: Option<&UserId>) -> &'static str {
    match (tenants, user) {
        (_, Some(_)) => "alerts_of_user",
        (Some(tenants), None) if tenants.len() == 1 => "alerts_of_tenant_by_time",
        (_, None) => "alerts_by_time",
    }
}

/// Returns the query of a list. The index is named for the same reason as for sessions. A placeholder for an erased
/// alert has no record.
fn list_query(search: &AlertSearch) -> SelectBuilder {
    let index = index(&search.tenants, search.user.as_ref());
    let mut query = SelectBuilder::new(&format!(include_str!("../sql/list_alerts.template.sql"), index = index));
    query.and_owner("alerts", &search.tenants, search.user.as_ref());
    if !search.rules.is_empty() {
        query.and_in("rule", search.rules.iter().map(String::as_str));
    }
    query.and_bind_optional("severity >=", search.min_severity.map(|severity| severity as u32));
    query.and_window("event_time", search.occurred);
    match search.state {
        None => {}
        Some(AlertState::Open) => query.and("answered_at IS NULL"),
        Some(AlertState::Answered) => query.and("answered_at IS NOT NULL"),
    }
    query
}
