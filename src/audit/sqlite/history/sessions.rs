//! Queries of sessions, live and ended.

use std::time::Duration;

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    decode::{device, location, text, violation_error},
    listing::ListingSpec,
    live::LIVE,
    select_builder::SelectBuilder,
};
use crate::{
    audit::sqlite::column::{decode_error, number, texts},
    domain::{
        Device, DeviceType, EndReason, Location, Owner,
        location::GeoPosition,
        search::{
            AuditedEnding, AuditedSession, PageRequest, SessionFilter, SessionPosition, SessionSearch, SessionState,
        },
    },
    sqlite::{integer, time},
};

pub(super) const LISTING: ListingSpec<SessionPosition, AuditedSession> = ListingSpec {
    order: ("created_at", "session_id"),
    position: |position| (integer(position.created_at), position.id.to_string()),
    entry: decode_entry,
};

pub(super) async fn search(
    connection: &mut SqliteConnection,
    search: &SessionSearch,
    page: PageRequest<SessionPosition>,
) -> sqlx::Result<Vec<AuditedSession>> {
    LISTING.page(connection, || list_query(search), page).await
}

pub(super) async fn count(connection: &mut SqliteConnection, search: &SessionSearch) -> sqlx::Result<u64> {
    let mut query = SelectBuilder::new("SELECT count(*) FROM sessions");
    add_criteria(&mut query, search);
    let count: i64 = query.0.build_query_scalar().fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

/// Returns the query of a list. The index is named, since without statistics SQLite cannot distinguish a tenant, which
/// may have all the rows, from a device, which has a few.
pub(super) fn list_query(search: &SessionSearch) -> SelectBuilder {
    let index = match search {
        SessionSearch { filter: SessionFilter { user: Some(_), .. }, .. } => "sessions_of_user",
        SessionSearch { filter: SessionFilter { device_id: Some(_), .. }, .. } => "sessions_on_device",
        SessionSearch { filter: SessionFilter { ip: Some(_), .. }, .. } => "sessions_from_address",
        SessionSearch { state: Some(SessionState::Live), .. } => "sessions_live",
        _ => "sessions_by_start",
    };
    let mut query = SelectBuilder::new(&format!("SELECT * FROM sessions INDEXED BY {index}"));
    add_criteria(&mut query, search);
    query
}

fn add_criteria(query: &mut SelectBuilder, search: &SessionSearch) {
    let SessionSearch { filter, state, end_reason } = search;
    query.and_owner("sessions", &filter.tenants, filter.user.as_ref());
    query.and_bind_optional("device_id =", filter.device_id.as_deref());
    match filter.device_type {
        None => (),
        Some(DeviceType::Unknown) => query.and("device_type IS NULL"),
        Some(kind) => query.and_bind("device_type =", kind.name()),
    }
    query.and_bind_optional("country =", filter.country.as_deref());
    if let Some(range) = filter.ip {
        query.and_ip_range(range);
    }
    query.and_bind_optional("asn =", filter.asn);
    if let Some(method) = &filter.auth_method {
        query.and_bind("EXISTS (SELECT 1 FROM json_each(auth_methods) AS method WHERE method.value =", method);
        query.0.push(")");
    }
    query.and_bind_optional("policy =", filter.policy.as_deref());
    query.and_window("created_at", filter.created);
    query.and_window("last_active_at", filter.last_active);
    match state {
        None => (),
        Some(SessionState::Live) => query.and(LIVE),
        Some(SessionState::Ended) => query.and("ended_at IS NOT NULL"),
    }
    query.and_bind_optional("end_reason =", end_reason.map(EndReason::name));
}

fn decode_entry(row: &SqliteRow) -> sqlx::Result<AuditedSession> {
    Ok(AuditedSession {
        id: text(row, "session_id")?.parse().map_err(violation_error)?,
        owner: Owner::new(text(row, "tenant")?, text(row, "user_id")?).map_err(violation_error)?,
        revision: number(row.try_get("revision")?)?,
        email: text(row, "email")?.to_owned(),
        roles: texts(text(row, "roles")?)?,
        policy: text(row, "policy")?.to_owned(),
        remembered: row.try_get("remembered")?,
        created_at: time(row.try_get("created_at")?),
        authenticated_at: time(row.try_get("authenticated_at")?),
        auth_methods: texts(text(row, "auth_methods")?)?,
        assurance_level: number(row.try_get("assurance_level")?)?,
        last_active: time(row.try_get("last_active_at")?),
        idle_timeout: Duration::from_millis(row.try_get::<i64, _>("idle_timeout")?.unsigned_abs()),
        expires_at: time(row.try_get("expires_at")?),
        device: Device {
            user_agent: text(row, "user_agent")?.to_owned(),
            first_seen: row.try_get("device_first_seen")?,
            ..device(row)?
        },
        location: Location { position: decode_position(row)?, ..location(row)? },
        end: decode_end(row)?,
    })
}

fn decode_position(row: &SqliteRow) -> sqlx::Result<Option<GeoPosition>> {
    let (latitude, longitude): (Option<f64>, Option<f64>) = (row.try_get("latitude")?, row.try_get("longitude")?);
    let radius: Option<i64> = row.try_get("accuracy_radius_km")?;
    Ok(match (latitude, longitude, radius) {
        (Some(latitude), Some(longitude), Some(radius)) => {
            Some(GeoPosition { latitude, longitude, accuracy_radius_km: number(radius)? })
        }
        _ => None,
    })
}

fn decode_end(row: &SqliteRow) -> sqlx::Result<Option<AuditedEnding>> {
    let Some(at) = row.try_get("ended_at")? else { return Ok(None) };
    let reason = text(row, "end_reason")?;
    Ok(Some(AuditedEnding {
        at: time(at),
        reason: EndReason::from_name(reason).ok_or_else(|| decode_error(format!("unknown end reason {reason:?}")))?,
        stated_reason: text(row, "reason")?.to_owned(),
        actor: text(row, "actor")?.to_owned(),
    }))
}
