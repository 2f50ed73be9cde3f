//! Queries of alerts.

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};

use super::scope::{QueryScope, TENANTS_OF_EVENTS};
use crate::{
    audit::{page_builder::PageBuilder, postgres::transaction::AuditTransaction, tables::alerts::ListedAlertRow},
    domain::{
        EventId,
        alert::AlertId,
        search::{AlertListPosition, AlertSearch, AlertState, ListedAlert, PageRequest},
    },
};

pub(super) async fn list(
    connection: &mut PgConnection,
    search: &AlertSearch,
    page: PageRequest<AlertListPosition>,
) -> sqlx::Result<Vec<ListedAlert>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = QueryScope::resolve(&mut transaction, &search.tenants, search.user.as_ref(), TENANTS_OF_EVENTS).await?;
    let severity = search.min_severity.map(|severity| i16::try_from(severity as u32).unwrap_or(i16::MAX));
    let mut paging = PageBuilder::new(page.size, page.after);
    while let Some(wanted) = paging.rows_to_request() {
        let rows = sqlx::query(include_str!("sql/list_alerts.sql"))
            .bind(&scope.tenant)
            .bind(&scope.tenants)
            .bind(&scope.user)
            .bind(severity)
            .bind((!search.rules.is_empty()).then_some(&search.rules))
            .bind(search.occurred.start)
            .bind(search.occurred.end)
            .bind(search.state.map(|state| state == AlertState::Answered))
            .bind(paging.after.map(|after: AlertListPosition| after.event_time))
            .bind(paging.after.map(|after| EventId(after.id.0)))
            .bind(wanted)
            .fetch_all(&mut transaction)
            .await?;
        paging.add_rows(&rows, position, |row| ListedAlertRow::from_row(row)?.into_listed_alert())?;
    }
    transaction.commit().await?;
    Ok(paging.finish())
}

fn position(row: &PgRow) -> sqlx::Result<AlertListPosition> {
    let EventId(id) = row.try_get("alert_id")?;
    Ok(AlertListPosition { event_time: row.try_get("event_time")?, id: AlertId(id) })
}
