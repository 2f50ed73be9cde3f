//! Queries of sessions, live and ended.

use sqlx::{FromRow, SqliteConnection, sqlite::SqliteRow};

use super::{listing::ListingSpec, live::LIVE, select_builder::SelectBuilder};
use crate::{
    audit::tables::sessions::StoredSession,
    domain::{
        DeviceType, EndReason,
        search::{AuditedSession, PageRequest, SessionFilter, SessionPosition, SessionSearch, SessionState},
    },
    sqlite::integer,
};

pub(super) const LISTING: ListingSpec<SessionPosition, AuditedSession> = ListingSpec {
    order: ("created_at", "session_id"),
    position: |position| (integer(position.created_at), position.id.to_string()),
    entry: decode_session,
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
    let mut query =
        SelectBuilder::new(&format!("SELECT *, last_seen AS last_seen_text FROM sessions INDEXED BY {index}"));
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
    if let Some(part) = &filter.user_agent {
        query.and_bind("instr(lower(user_agent), lower(", part);
        query.0.push(")) > 0");
    }
    query.and_window("created_at", filter.created);
    query.and_window("last_active_at", filter.last_active);
    match state {
        None => (),
        Some(SessionState::Live) => query.and(LIVE),
        Some(SessionState::Ended) => query.and("ended_at IS NOT NULL"),
    }
    query.and_bind_optional("end_reason =", end_reason.map(EndReason::name));
}

fn decode_session(row: &SqliteRow) -> sqlx::Result<AuditedSession> {
    StoredSession::from_row(row)?.into_session()
}
