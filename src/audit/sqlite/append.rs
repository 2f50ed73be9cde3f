//! Appending a batch, row by row: there is no network in between.

use sqlx::SqliteConnection;

use super::{
    column::{address, list},
    forget, mass_endings, projection,
};
use crate::{
    audit::{
        mass_endings::RevokedScope,
        projected::ProjectedRow,
        rows::{LoginRow, SessionRow, asn},
    },
    domain::{Event, EventKind},
    store::sqlite::column::integer,
};

/// Answers how many of the events are new. To be called within a transaction.
pub(super) async fn append(connection: &mut SqliteConnection, events: &[Event]) -> sqlx::Result<u64> {
    let marks = forget::marks(connection, events.iter().filter_map(Event::owner)).await?;
    let (mut added, mut told) = (0, Vec::new());
    for event in events {
        let forgotten = marks.cover(event);
        let row = SessionRow::of(event);
        let row = if forgotten { row.without_person() } else { row };
        if !session_event(connection, &row).await? {
            continue;
        }
        added += 1;
        if let Some(revocation) = RevokedScope::of(event) {
            mass_endings::note(connection, revocation).await?;
        }
        if let Some(login) = LoginRow::of(&row) {
            login_event(connection, &login).await?;
        }
        if !forgotten {
            told.push(event);
        }
    }
    projection::project(connection, &ProjectedRow::all(told)).await?;
    Ok(added)
}

/// Answers whether the event is new.
async fn session_event(connection: &mut SqliteConnection, row: &SessionRow<'_>) -> sqlx::Result<bool> {
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
        .bind((row.kind == EventKind::Updated.family()).then(|| list(row.changed_fields)).transpose()?)
        .bind(row.reason)
        .bind(row.actor)
        .bind(row.caller)
        .bind(row.request_id)
        .bind(row.operation_id)
        .execute(connection)
        .await?;
    Ok(outcome.rows_affected() > 0)
}

async fn login_event(connection: &mut SqliteConnection, row: &LoginRow<'_, '_>) -> sqlx::Result<()> {
    let LoginRow { event, session } = row;
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
