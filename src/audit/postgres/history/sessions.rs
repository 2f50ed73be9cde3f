//! Queries of sessions.

use std::time::Duration;

use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{
    decode::{decode_optional_name, device, location, number, optional_time, session_id, time, violation_error},
    scope::{QueryScope, TENANTS_OF_SESSIONS},
};
use crate::{
    audit::{page_builder::PageBuilder, postgres::transaction::AuditTransaction},
    domain::{
        Device, DeviceType, EndReason, Location, Owner, UnixMillis,
        location::GeoPosition,
        search::{AuditedEnding, AuditedSession, PageRequest, SessionPosition, SessionSearch, SessionState},
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
            .bind(after.map(|after: SessionPosition| after.created_at.to_offset_date_time()))
            .bind(after.map(|after| after.id.to_string()))
            .bind(wanted);
        paging.add_rows(&statement.fetch_all(&mut transaction).await?, position, decode_entry)?;
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
    number(&row, "count")
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
        .bind(filter.created.start.map(UnixMillis::to_offset_date_time))
        .bind(filter.created.end.map(UnixMillis::to_offset_date_time))
        .bind(filter.last_active.start.map(UnixMillis::to_offset_date_time))
        .bind(filter.last_active.end.map(UnixMillis::to_offset_date_time))
        .bind(state.map(|state| state == SessionState::Live))
        .bind(end_reason.map(EndReason::name))
}

fn position(row: &PgRow) -> sqlx::Result<SessionPosition> {
    Ok(SessionPosition { created_at: time(row, "created_at")?, id: session_id(row)? })
}

fn decode_entry(row: &PgRow) -> sqlx::Result<AuditedSession> {
    Ok(AuditedSession {
        id: session_id(row)?,
        owner: Owner::new(row.try_get("tenant")?, row.try_get("user_id")?)
            .map_err(|violation| violation_error("user_id", violation))?,
        revision: number(row, "revision")?,
        email: row.try_get("email")?,
        roles: row.try_get("roles")?,
        policy: row.try_get("policy")?,
        remembered: row.try_get("remembered")?,
        created_at: time(row, "created_at")?,
        authenticated_at: time(row, "authenticated_at")?,
        auth_methods: row.try_get("auth_methods")?,
        assurance_level: number(row, "assurance_level")?,
        last_active: time(row, "last_active_at")?,
        idle_timeout: Duration::from_millis(number(row, "idle_timeout")?),
        expires_at: time(row, "expires_at")?,
        device: Device {
            user_agent: row.try_get("user_agent")?,
            first_seen: row.try_get("device_first_seen")?,
            ..device(row)?
        },
        location: Location { position: decode_position(row)?, ..location(row)? },
        end: decode_end(row)?,
    })
}

fn decode_position(row: &PgRow) -> sqlx::Result<Option<GeoPosition>> {
    let (latitude, longitude) = (row.try_get("latitude")?, row.try_get("longitude")?);
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return Ok(None) };
    Ok(Some(GeoPosition { latitude, longitude, accuracy_radius_km: number(row, "accuracy_radius_km")? }))
}

fn decode_end(row: &PgRow) -> sqlx::Result<Option<AuditedEnding>> {
    let reason = decode_optional_name(row, "end_reason", EndReason::from_name)?;
    let Some((at, reason)) = optional_time(row, "ended_at")?.zip(reason) else { return Ok(None) };
    Ok(Some(AuditedEnding { at, reason, stated_reason: row.try_get("reason")?, actor: row.try_get("actor")? }))
}
