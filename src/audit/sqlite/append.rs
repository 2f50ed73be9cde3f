//! Append of a batch, row by row: there is no network in between.

use sqlx::SqliteConnection;

use super::{
    column::{address, list},
    forget, mass_endings, projection,
};
use crate::{
    audit::{
        mass_endings::RevokedScope,
        projected_row::ProjectedRow,
        rows::{LoginEventRow, SessionEventRow, asn, denied_tokens},
    },
    domain::{Event, EventKind, RefusedCalls},
    sqlite::integer,
};

/// Appends events. Returns the number of new ones. Must be called in a transaction.
pub(super) async fn append(connection: &mut SqliteConnection, events: &[Event]) -> sqlx::Result<u64> {
    let marks = forget::load_marks(connection, events.iter().filter_map(Event::owner)).await?;
    let (mut added, mut projected) = (0, Vec::new());
    for event in events {
        let forgotten = marks.covers_event(event);
        let row = SessionEventRow::from_event(event);
        let row = if forgotten { row.redacted() } else { row };
        if !insert_session_event(connection, &row).await? {
            continue;
        }
        added += 1;
        if let Some(revocation) = RevokedScope::from_event(event) {
            mass_endings::insert_revocation(connection, revocation).await?;
        }
        if let Some(login) = LoginEventRow::from_session_event(&row) {
            insert_login_event(connection, &login).await?;
        }
        if !forgotten {
            projected.push(event);
        }
    }
    projection::project(connection, &ProjectedRow::from_events(projected)).await?;
    Ok(added)
}

/// Appends refused calls. Must be called in a transaction.
pub(super) async fn append_refused_calls(
    connection: &mut SqliteConnection,
    refused: &[RefusedCalls],
) -> sqlx::Result<()> {
    for refused in refused {
        insert_session_event(connection, &SessionEventRow::from_refused_calls(refused)).await?;
    }
    Ok(())
}

/// Inserts an event. Returns whether it is new.
async fn insert_session_event(connection: &mut SqliteConnection, row: &SessionEventRow<'_>) -> sqlx::Result<bool> {
    let outcome = sqlx::query(include_str!("sql/append_session_event.sql"))
        .bind(row.event_id.to_string())
        .bind(integer(row.at))
        .bind(row.kind)
        .bind(row.end_reason)
        .bind(row.scope)
        .bind(row.tenant)
        .bind(row.user)
        .bind(row.session_id.map(|id| id.to_string()))
        .bind(row.session.map(|session| integer(session.record.created_at)))
        .bind(row.session.map(|session| session.record.revision))
        .bind(row.session.map(|session| session.record.policy.as_str()))
        .bind(row.session.map(|session| list(&session.record.auth_methods)).transpose()?)
        .bind(row.session.map(|session| session.record.assurance_level))
        .bind(&row.device.id)
        .bind(&row.device.name)
        .bind(row.device.kind.name())
        .bind(&row.device.browser)
        .bind(&row.device.os)
        .bind(row.location.ip.map(address))
        .bind(&row.location.country)
        .bind(&row.location.region)
        .bind(&row.location.city)
        .bind(asn(row.location))
        .bind(&row.location.network)
        .bind((row.kind == EventKind::Updated.name()).then(|| list(row.changed_fields)).transpose()?)
        .bind(row.reason)
        .bind(row.actor)
        .bind(row.caller)
        .bind(row.request_id)
        .bind(row.operation_id)
        .bind(denied_tokens(row.denied_jwts).map(|texts| list(&texts)).transpose()?)
        .execute(connection)
        .await?;
    Ok(outcome.rows_affected() > 0)
}

async fn insert_login_event(connection: &mut SqliteConnection, row: &LoginEventRow<'_, '_>) -> sqlx::Result<()> {
    let LoginEventRow { event, session } = row;
    let (record, device, location) = (&session.record, event.device, event.location);
    sqlx::query(include_str!("sql/append_login_event.sql"))
        .bind(event.event_id.to_string())
        .bind(integer(event.at))
        .bind(event.tenant)
        .bind(event.user)
        .bind(event.session_id.map(|id| id.to_string()))
        .bind(&record.policy)
        .bind(record.remembered)
        .bind(integer(session.clock.expires_at))
        .bind(integer(record.authenticated_at))
        .bind(list(&record.auth_methods)?)
        .bind(record.assurance_level)
        .bind(location.ip.map(address))
        .bind(&location.country)
        .bind(&location.region)
        .bind(&location.city)
        .bind(asn(location))
        .bind(&location.network)
        .bind(&device.id)
        .bind(&device.name)
        .bind(device.kind.name())
        .bind(device.first_seen)
        .bind(&device.browser)
        .bind(&device.os)
        .bind(&device.user_agent)
        .bind(event.reason)
        .bind(event.actor)
        .bind(event.caller)
        .bind(event.request_id)
        .execute(connection)
        .await?;
    Ok(())
}
