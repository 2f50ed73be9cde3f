//! Queries of events.

use sqlx::{FromRow, SqliteConnection, sqlite::SqliteRow};

use super::{listing::ListingSpec, select_builder::SelectBuilder};
use crate::{
    audit::tables::session_events::StoredEvent,
    domain::{
        EndReason,
        search::{AuditEvent, EventPosition, EventSearch, PageRequest},
    },
    sqlite::integer,
};

/// The columns read of an event. Only the session records whether the device was new.
pub(super) const COLUMNS: &str = "*, coalesce((
    SELECT device_first_seen FROM sessions WHERE sessions.session_id = session_events.session_id), 0) AS device_first_seen";

pub(super) const LISTING: ListingSpec<EventPosition, AuditEvent> = ListingSpec {
    order: ("at", "event_id"),
    position: |position| (integer(position.at), position.id.to_string()),
    entry: decode_event,
};

pub(super) async fn list(
    connection: &mut SqliteConnection,
    search: &EventSearch,
    page: PageRequest<EventPosition>,
) -> sqlx::Result<Vec<AuditEvent>> {
    LISTING.page(connection, || list_query(search), page).await
}

/// Returns the query of a list. The index is named for the same reason as for sessions.
pub(super) fn list_query(search: &EventSearch) -> SelectBuilder {
    let index = match search {
        EventSearch { session: Some(_), .. } => "session_events_of_session",
        EventSearch { user: Some(_), .. } => "session_events_of_user",
        EventSearch { ip: Some(_), .. } => "session_events_from_address",
        EventSearch { actor: Some(_), .. } => "session_events_of_actor",
        _ => "session_events_at",
    };
    let mut query = SelectBuilder::new(&format!("SELECT {COLUMNS} FROM session_events INDEXED BY {index}"));
    add_criteria(&mut query, search);
    query
}

/// Adds the criteria of a search.
pub(super) fn add_criteria(query: &mut SelectBuilder, search: &EventSearch) {
    query.and_owner("session_events", &search.tenants, search.user.as_ref());
    query.and_bind_optional("session_id =", search.session.map(|id| id.to_string()));
    if !search.kinds.is_empty() {
        query.and_in("kind", search.kinds.iter().map(|kind| kind.name()));
    }
    query.and_bind_optional("end_reason =", search.end_reason.map(EndReason::name));
    query.and_bind_optional("actor =", search.actor.as_deref());
    query.and_bind_optional("country =", search.country.as_deref());
    if let Some(range) = search.ip {
        query.and_ip_range(range);
    }
    query.and_window("at", search.occurred);
}

pub(super) fn decode_event(row: &SqliteRow) -> sqlx::Result<AuditEvent> {
    StoredEvent::from_row(row)?.into_event()
}
