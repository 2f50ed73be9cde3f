//! Queries of events.

use sqlx::{
    FromRow, PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::scope::{QueryScope, TENANTS_OF_EVENTS};
use crate::{
    audit::{page_builder::PageBuilder, postgres::transaction::AuditTransaction, tables::session_events::StoredEvent},
    domain::{
        EndReason, UserId,
        search::{AuditEvent, EventPosition, EventSearch, PageRequest},
    },
};

pub(super) async fn list(
    connection: &mut PgConnection,
    search: &EventSearch,
    page: PageRequest<EventPosition>,
) -> sqlx::Result<Vec<AuditEvent>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = QueryScope::resolve(&mut transaction, &search.tenants, search.user.as_ref(), TENANTS_OF_EVENTS).await?;
    let mut paging = PageBuilder::new(page.size, page.after);
    while let Some(wanted) = paging.rows_to_request() {
        let rows = events_query(&scope, search, paging.after, wanted).fetch_all(&mut transaction).await?;
        paging.add_rows(&rows, position, decode_event)?;
    }
    transaction.commit().await?;
    Ok(paging.finish())
}

fn events_query<'q>(
    scope: &'q QueryScope,
    search: &'q EventSearch,
    after: Option<EventPosition>,
    limit: i64,
) -> Query<'q, Postgres, PgArguments> {
    criteria_query(include_str!("sql/list_events.sql"), scope, search)
        .bind(after.map(|after| after.at))
        .bind(after.map(|after| after.id))
        .bind(limit)
}

/// Returns a query of events with its first twelve parameters, the criteria of `search`.
pub(super) fn criteria_query<'q>(
    statement: &'static str,
    scope: &'q QueryScope,
    search: &'q EventSearch,
) -> Query<'q, Postgres, PgArguments> {
    let kinds = (!search.kinds.is_empty()).then(|| search.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    sqlx::query(statement)
        .bind(&scope.tenant)
        .bind(&scope.tenants)
        .bind(search.user.as_ref().map(UserId::as_str))
        .bind(search.session.map(|id| id.to_string()))
        .bind(kinds)
        .bind(search.end_reason.map(EndReason::name))
        .bind(&search.actor)
        .bind(&search.country)
        .bind(search.ip.map(|range| range.first))
        .bind(search.ip.map(|range| range.last))
        .bind(search.occurred.start)
        .bind(search.occurred.end)
}

fn position(row: &PgRow) -> sqlx::Result<EventPosition> {
    Ok(EventPosition { at: row.try_get("at")?, id: row.try_get("event_id")? })
}

pub(super) fn decode_event(row: &PgRow) -> sqlx::Result<AuditEvent> {
    StoredEvent::from_row(row)?.into_event()
}
