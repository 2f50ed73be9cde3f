//! Queries of events.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    decode::{device, location, text, violation_error},
    listing::ListingSpec,
    select_builder::SelectBuilder,
};
use crate::{
    audit::sqlite::column::{decode_error, event_id, number, texts},
    domain::{
        AuthEventKind, Cause, Device, EndReason, TenantId, UserId,
        search::{AuditEvent, AuditEventKind, EventPosition, EventSearch, PageRequest},
    },
    sqlite::{integer, time},
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
    Ok(AuditEvent {
        id: event_id(text(row, "event_id")?)?,
        kind: decode_name(row, "kind", AuditEventKind::from_name)?
            .ok_or_else(|| decode_error("an event has no kind"))?,
        at: time(row.try_get("at")?),
        recorded_at: time(row.try_get("recorded_at")?),
        tenant: optional_text(row, "tenant")?.map(TenantId::new).transpose().map_err(violation_error)?,
        user: optional_text(row, "user_id")?.map(UserId::new).transpose().map_err(violation_error)?,
        session: optional_text(row, "session_id")?.map(str::parse).transpose().map_err(violation_error)?,
        end_reason: decode_name(row, "end_reason", EndReason::from_name)?,
        auth_event_kind: decode_name(row, "auth_event_kind", AuthEventKind::from_name)?,
        device: Device { first_seen: row.try_get("device_first_seen")?, ..device(row)? },
        location: location(row)?,
        policy: text(row, "policy")?.to_owned(),
        auth_methods: text_array(row, "auth_methods")?,
        assurance_level: row.try_get::<Option<i64>, _>("assurance_level")?.map_or(Ok(0), number)?,
        revision: row.try_get::<Option<i64>, _>("revision")?.map_or(Ok(0), number)?,
        denied_jwts: text_array(row, "denied_tokens")?,
        cause: Cause {
            reason: text(row, "reason")?.to_owned(),
            actor: text(row, "actor")?.to_owned(),
            caller: text(row, "caller")?.to_owned(),
            request_id: text(row, "request_id")?.to_owned(),
            operation_id: text(row, "operation_id")?.to_owned(),
            changed_fields: text_array(row, "changed_fields")?,
        },
    })
}

fn optional_text<'r>(row: &'r SqliteRow, column: &str) -> sqlx::Result<Option<&'r str>> {
    row.try_get(column)
}

fn text_array(row: &SqliteRow, column: &str) -> sqlx::Result<Vec<String>> {
    Ok(optional_text(row, column)?.map(texts).transpose()?.unwrap_or_default())
}

/// Decodes one of the names that this release knows, if there is one.
fn decode_name<T>(row: &SqliteRow, column: &str, from_name: fn(&str) -> Option<T>) -> sqlx::Result<Option<T>> {
    let Some(name) = optional_text(row, column)? else { return Ok(None) };
    from_name(name).map(Some).ok_or_else(|| decode_error(format!("{column} {name:?}")))
}
