//! Queries of sessions.

use sqlx::{
    FromRow, PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::scope::{QueryScope, TENANTS_OF_SESSIONS};
use crate::{
    audit::{
        page_builder::PageBuilder,
        postgres::transaction::AuditTransaction,
        tables::{
            sessions::StoredSession,
            stored_columns::{decode_error, decode_number, violation_error},
        },
    },
    domain::{
        DeviceType, EndReason,
        search::{AuditedSession, PageRequest, SessionPosition, SessionSearch, SessionState},
    },
};

pub(super) async fn search(
    connection: &mut PgConnection,
    search: &SessionSearch,
    page: PageRequest<SessionPosition>,
) -> sqlx::Result<Vec<AuditedSession>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = scope(&mut transaction, search).await?;
    let mut paging = PageBuilder::new(page.size, page.after);
    while let Some(wanted) = paging.rows_to_request() {
        let after = paging.after;
        let statement = sessions_query(include_str!("sql/search_sessions.sql"), &scope, search)
            .bind(after.map(|after: SessionPosition| after.created_at))
            .bind(after.map(|after| after.id.to_string()))
            .bind(wanted);
        paging.add_rows(&statement.fetch_all(&mut transaction).await?, position, decode_session)?;
    }
    transaction.commit().await?;
    Ok(paging.finish())
}

pub(super) async fn count(connection: &mut PgConnection, search: &SessionSearch) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = scope(&mut transaction, search).await?;
    let row =
        sessions_query(include_str!("sql/count_sessions.sql"), &scope, search).fetch_one(&mut transaction).await?;
    transaction.commit().await?;
    decode_number("count", row.try_get("count")?)
}

async fn scope(transaction: &mut AuditTransaction<'_>, search: &SessionSearch) -> sqlx::Result<QueryScope> {
    QueryScope::resolve(transaction, &search.filter.tenants, search.filter.user.as_ref(), TENANTS_OF_SESSIONS).await
}

/// Returns a query with the conditions that search and count share.
fn sessions_query<'q>(
    statement: &'static str,
    scope: &'q QueryScope,
    search: &'q SessionSearch,
) -> Query<'q, Postgres, PgArguments> {
    let SessionSearch { filter, state, end_reason } = search;
    sqlx::query(statement)
        .bind(&scope.tenant)
        .bind(&scope.tenants)
        .bind(&scope.user)
        .bind(&filter.device_id)
        .bind(filter.device_type.map(DeviceType::name))
        .bind(&filter.country)
        .bind(filter.ip.map(|range| range.first))
        .bind(filter.ip.map(|range| range.last))
        .bind(filter.asn.map(i64::from))
        .bind(&filter.auth_method)
        .bind(&filter.policy)
        .bind(filter.created.start)
        .bind(filter.created.end)
        .bind(filter.last_active.start)
        .bind(filter.last_active.end)
        .bind(state.map(|state| state == SessionState::Live))
        .bind(end_reason.map(EndReason::name))
        .bind(&filter.user_agent)
}

fn position(row: &PgRow) -> sqlx::Result<SessionPosition> {
    let id: String = row.try_get("session_id")?;
    Ok(SessionPosition { created_at: row.try_get("created_at")?, id: id.parse().map_err(violation_error)? })
}

fn decode_session(row: &PgRow) -> sqlx::Result<AuditedSession> {
    let session = StoredSession::from_row(row)?;
    if session.lacks_accuracy() {
        return Err(decode_error("accuracy_radius_km", "a position without accuracy"));
    }
    session.into_session()
}
