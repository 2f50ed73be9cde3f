//! Sessions, by what is asked of them.

use std::time::Duration;

use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{
    reading::{device, location, number, optional_time, optionally_named, session_id, time, violated},
    scope::{OF_SESSIONS, Scope},
};
use crate::{
    audit::{paging::Paging, postgres::transaction::AuditTransaction},
    domain::{
        Device, DeviceType, EndReason, Location, Owner, UnixMillis,
        location::Position,
        search::{End, Page, SessionEntry, SessionPosition, SessionSearch, SessionState},
    },
};

pub(super) async fn search(
    connection: &mut PgConnection,
    search: &SessionSearch,
    page: Page<SessionPosition>,
) -> sqlx::Result<Vec<SessionEntry>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = scope(&mut transaction, search).await?;
    let mut paging = Paging::new(page.size, page.after);
    while let Some(wanted) = paging.wanted() {
        let after = paging.after;
        let statement = asking(include_str!("sql/search_sessions.sql"), &scope, search)
            .bind(after.map(|after: SessionPosition| after.created_at.to_offset_date_time()))
            .bind(after.map(|after| after.id.to_string()))
            .bind(wanted);
        paging.take(&statement.fetch_all(&mut transaction).await?, position, entry)?;
    }
    transaction.commit().await?;
    Ok(paging.found())
}

pub(super) async fn count(connection: &mut PgConnection, search: &SessionSearch) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let scope = scope(&mut transaction, search).await?;
    let row = asking(include_str!("sql/count_sessions.sql"), &scope, search).fetch_one(&mut transaction).await?;
    transaction.commit().await?;
    number(&row, "count")
}

async fn scope(transaction: &mut AuditTransaction<'_>, search: &SessionSearch) -> sqlx::Result<Scope> {
    Scope::of(transaction, &search.filter.tenants, search.filter.user.as_ref(), OF_SESSIONS).await
}

/// The conditions that searching and counting have in common.
fn asking<'q>(
    statement: &'static str,
    scope: &'q Scope,
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

fn entry(row: &PgRow) -> sqlx::Result<SessionEntry> {
    Ok(SessionEntry {
        id: session_id(row)?,
        owner: Owner::new(row.try_get("tenant")?, row.try_get("user_id")?)
            .map_err(|violation| violated("user_id", violation))?,
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
        location: Location { position: place(row)?, ..location(row)? },
        end: end(row)?,
    })
}

fn place(row: &PgRow) -> sqlx::Result<Option<Position>> {
    let (latitude, longitude) = (row.try_get("latitude")?, row.try_get("longitude")?);
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return Ok(None) };
    Ok(Some(Position { latitude, longitude, accuracy_radius_km: number(row, "accuracy_radius_km")? }))
}

fn end(row: &PgRow) -> sqlx::Result<Option<End>> {
    let reason = optionally_named(row, "end_reason", EndReason::from_name)?;
    let Some((at, reason)) = optional_time(row, "ended_at")?.zip(reason) else { return Ok(None) };
    Ok(Some(End { at, reason, stated_reason: row.try_get("reason")?, actor: row.try_get("actor")? }))
}
