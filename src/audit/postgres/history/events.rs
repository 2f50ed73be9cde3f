//! Queries of events.

use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{
    decode::{decode_name, decode_optional_name, device, location, number, time, violation_error},
    scope::{QueryScope, TENANTS_OF_EVENTS},
};
use crate::{
    audit::{page_builder::PageBuilder, postgres::transaction::AuditTransaction},
    domain::{
        AuthEventKind, Cause, Device, EndReason, FieldViolation, TenantId, UnixMillis, UserId,
        search::{AuditEvent, AuditEventKind, EventPosition, EventSearch, PageRequest},
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
    let kinds = (!search.kinds.is_empty()).then(|| search.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    sqlx::query(include_str!("sql/list_events.sql"))
        .bind(&scope.tenant)
        .bind(&scope.tenants)
        .bind(&scope.user)
        .bind(search.session.map(|id| id.to_string()))
        .bind(kinds)
        .bind(search.end_reason.map(EndReason::name))
        .bind(&search.actor)
        .bind(&search.country)
        .bind(search.ip.map(|range| range.first))
        .bind(search.ip.map(|range| range.last))
        .bind(search.occurred.start.map(UnixMillis::to_offset_date_time))
        .bind(search.occurred.end.map(UnixMillis::to_offset_date_time))
        .bind(after.map(|after| after.at.to_offset_date_time()))
        .bind(after.map(|after| after.id))
        .bind(limit)
}

fn position(row: &PgRow) -> sqlx::Result<EventPosition> {
    Ok(EventPosition { at: time(row, "at")?, id: row.try_get("event_id")? })
}

pub(super) fn decode_event(row: &PgRow) -> sqlx::Result<AuditEvent> {
    Ok(AuditEvent {
        id: row.try_get("event_id")?,
        kind: decode_name(row, "kind", AuditEventKind::from_name)?,
        at: time(row, "at")?,
        recorded_at: time(row, "recorded_at")?,
        tenant: optional_id(row, "tenant", TenantId::new)?,
        user: optional_id(row, "user_id", UserId::new)?,
        session: optional_id(row, "session_id", str::parse)?,
        end_reason: decode_optional_name(row, "end_reason", EndReason::from_name)?,
        auth_event_kind: decode_optional_name(row, "auth_event_kind", AuthEventKind::from_name)?,
        device: Device { first_seen: row.try_get("device_first_seen")?, ..device(row)? },
        location: location(row)?,
        policy: row.try_get("policy")?,
        auth_methods: row.try_get("auth_methods")?,
        assurance_level: number(row, "assurance_level")?,
        revision: number(row, "revision")?,
        denied_jwts: row.try_get("denied_tokens")?,
        cause: Cause {
            reason: row.try_get("reason")?,
            actor: row.try_get("actor")?,
            caller: row.try_get("caller")?,
            request_id: row.try_get("request_id")?,
            operation_id: row.try_get("operation_id")?,
            changed_fields: row.try_get("changed_fields")?,
        },
    })
}

fn optional_id<T>(
    row: &PgRow,
    column: &'static str,
    read: impl Fn(&str) -> Result<T, FieldViolation>,
) -> sqlx::Result<Option<T>> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(read).transpose().map_err(|violation| violation_error(column, violation))
}
