//! What happened.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    conditions::Conditions,
    listing::Listing,
    parts::{device, location, text, violated},
};
use crate::{
    audit::sqlite::column::{event_id, number, texts, unreadable},
    domain::{
        AuthEventKind, Cause, Device, EndReason, TenantId, UserId,
        search::{AuditEvent, AuditEventKind, EventPosition, EventSearch, Page},
    },
    store::sqlite::column::{integer, time},
};

/// What is read of an event. Whether the device was new is kept with its session alone.
pub(super) const COLUMNS: &str = "*, coalesce((
    SELECT device_first_seen FROM sessions WHERE sessions.session_id = session_events.session_id), 0) AS device_first_seen";

pub(super) const LISTING: Listing<EventPosition, AuditEvent> =
    Listing { order: ("at", "event_id"), position: |position| (integer(position.at), position.id.to_string()), entry };

pub(super) async fn list(
    connection: &mut SqliteConnection,
    search: &EventSearch,
    page: Page<EventPosition>,
) -> sqlx::Result<Vec<AuditEvent>> {
    LISTING.page(connection, || listed(search), page).await
}

/// The index is named for the reason that it is with sessions.
pub(super) fn listed(search: &EventSearch) -> Conditions {
    let index = match search {
        EventSearch { session: Some(_), .. } => "session_events_of_session",
        EventSearch { user: Some(_), .. } => "session_events_of_user",
        EventSearch { ip: Some(_), .. } => "session_events_from_address",
        EventSearch { actor: Some(_), .. } => "session_events_of_actor",
        _ => "session_events_at",
    };
    let mut query = Conditions::of(&format!("SELECT {COLUMNS} FROM session_events INDEXED BY {index}"));
    criteria(&mut query, search);
    query
}

/// What the events must fulfil.
pub(super) fn criteria(query: &mut Conditions, search: &EventSearch) {
    query.about("session_events", &search.tenants, search.user.as_ref());
    query.holds_if("session_id =", search.session.map(|id| id.to_string()));
    if !search.kinds.is_empty() {
        query.one_of("kind", search.kinds.iter().map(|kind| kind.name()));
    }
    query.holds_if("end_reason =", search.end_reason.map(EndReason::name));
    query.holds_if("actor =", search.actor.as_deref());
    query.holds_if("country =", search.country.as_deref());
    if let Some(range) = search.ip {
        query.from(range);
    }
    query.within("at", search.occurred);
}

pub(super) fn entry(row: &SqliteRow) -> sqlx::Result<AuditEvent> {
    Ok(AuditEvent {
        id: event_id(text(row, "event_id")?)?,
        kind: named(row, "kind", AuditEventKind::from_name)?.ok_or_else(|| unreadable("an event has no kind"))?,
        at: time(row.try_get("at")?),
        recorded_at: time(row.try_get("recorded_at")?),
        tenant: stated(row, "tenant")?.map(TenantId::new).transpose().map_err(violated)?,
        user: stated(row, "user_id")?.map(UserId::new).transpose().map_err(violated)?,
        session: stated(row, "session_id")?.map(str::parse).transpose().map_err(violated)?,
        end_reason: named(row, "end_reason", EndReason::from_name)?,
        auth_event_kind: named(row, "auth_event_kind", AuthEventKind::from_name)?,
        device: Device { first_seen: row.try_get("device_first_seen")?, ..device(row)? },
        location: location(row)?,
        policy: text(row, "policy")?.to_owned(),
        auth_methods: array(row, "auth_methods")?,
        assurance_level: row.try_get::<Option<i64>, _>("assurance_level")?.map_or(Ok(0), number)?,
        revision: row.try_get::<Option<i64>, _>("revision")?.map_or(Ok(0), number)?,
        cause: Cause {
            reason: text(row, "reason")?.to_owned(),
            actor: text(row, "actor")?.to_owned(),
            caller: text(row, "caller")?.to_owned(),
            request_id: text(row, "request_id")?.to_owned(),
            operation_id: text(row, "operation_id")?.to_owned(),
            changed_fields: array(row, "changed_fields")?,
        },
    })
}

fn stated<'r>(row: &'r SqliteRow, column: &str) -> sqlx::Result<Option<&'r str>> {
    row.try_get(column)
}

fn array(row: &SqliteRow, column: &str) -> sqlx::Result<Vec<String>> {
    Ok(stated(row, column)?.map(texts).transpose()?.unwrap_or_default())
}

/// One of the names that this release knows, where there is one.
fn named<T>(row: &SqliteRow, column: &str, from_name: fn(&str) -> Option<T>) -> sqlx::Result<Option<T>> {
    let Some(name) = stated(row, column)? else { return Ok(None) };
    from_name(name).map(Some).ok_or_else(|| unreadable(format!("{column} {name:?}")))
}
