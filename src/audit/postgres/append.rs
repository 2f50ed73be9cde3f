//! Appending a batch with one statement a table.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{
    columns::{column, list, time},
    forget, locks, mass_endings, projection,
    refusal::is_of_partitions,
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        mass_endings::RevokedScope,
        projected::ProjectedRow,
        rows::{LoginRow, SessionRow, asn, stated},
    },
    domain::{Event, EventId, EventKind, Session},
};

/// Answers how many of the events are new. Once more when a partition was made meanwhile, which takes what was on its
/// way into the default one.
pub(super) async fn append(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<u64> {
    match append_once(connection, events).await {
        Err(error) if is_of_partitions(&error) => append_once(connection, events).await,
        outcome => outcome,
    }
}

async fn append_once(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let marks = forget::marks(&mut transaction, events.iter().filter_map(Event::owner)).await?;
    let mut seen = known_mass_revocations(&mut transaction, events).await?;
    let fresh = |event: &&Event| event.kind != EventKind::RevokedAll || seen.insert(event.id);
    let events: Vec<_> = events.iter().filter(fresh).map(|event| (event, marks.cover(event))).collect();

    let rows: Vec<_> = events
        .iter()
        .map(|&(event, is_forgotten)| {
            let row = SessionRow::of(event);
            if is_forgotten { row.without_person() } else { row }
        })
        .collect();
    if !rows.is_empty() {
        transaction.lock(locks::RECORDING).await?;
    }
    let added = session_events(&mut transaction, &rows).await?;
    let logins: Vec<_> = rows.iter().filter(|row| added.contains(&row.event_id)).filter_map(LoginRow::of).collect();
    if !logins.is_empty() {
        login_events(&mut transaction, &logins).await?;
    }
    let fresh = events.iter().map(|(event, _)| *event).filter(|event| added.contains(&event.id));
    mass_endings::note(&mut transaction, fresh.filter_map(RevokedScope::of)).await?;
    let news = events.iter().filter(|(event, is_forgotten)| !is_forgotten && added.contains(&event.id));
    projection::project(&mut transaction, &ProjectedRow::all(news.map(|(event, _)| *event))).await?;
    transaction.commit().await?;
    Ok(added.len() as u64)
}

/// Earlier releases had every bucket tell of a mass revocation, at its own time, so the key of the table, which holds the
/// time, does not tell that it is one.
async fn known_mass_revocations(
    transaction: &mut AuditTransaction<'_>,
    events: &[Event],
) -> sqlx::Result<HashSet<EventId>> {
    let ids: Vec<_> = events.iter().filter(|event| event.kind == EventKind::RevokedAll).map(|event| event.id).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    transaction.lock(locks::MASS_REVOCATION).await?;
    let known = sqlx::query_scalar(include_str!("sql/known_mass_revocations.sql")).bind(ids);
    Ok(known.fetch_all(transaction).await?.into_iter().collect())
}

/// Answers those that were not there.
async fn session_events(
    transaction: &mut AuditTransaction<'_>,
    rows: &[SessionRow<'_>],
) -> sqlx::Result<HashSet<EventId>> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let added = sqlx::query_scalar(include_str!("sql/append_session_events.sql"))
        .bind(column(rows, |row| row.event_id))
        .bind(column(rows, |row| time(row.at)))
        .bind(column(rows, |row| row.kind))
        .bind(column(rows, |row| stated(row.end_reason)))
        .bind(column(rows, |row| stated(row.scope)))
        .bind(column(rows, |row| stated(row.tenant)))
        .bind(column(rows, |row| stated(row.user)))
        .bind(column(rows, |row| row.session_id.map(|id| id.to_string())))
        .bind(of_session(rows, |session| time(session.record.created_at)))
        .bind(of_session(rows, |session| i64::from(session.record.revision)))
        .bind(of_session(rows, |session| session.record.policy.as_str()))
        .bind(of_session(rows, |session| list(&session.record.auth_methods)))
        .bind(of_session(rows, |session| i64::from(session.record.assurance_level)))
        .bind(column(rows, |row| stated(&row.device.id)))
        .bind(column(rows, |row| stated(&row.device.name)))
        .bind(column(rows, |row| stated(row.device.kind.name())))
        .bind(column(rows, |row| stated(&row.device.browser)))
        .bind(column(rows, |row| stated(&row.device.os)))
        .bind(column(rows, |row| row.location.ip))
        .bind(column(rows, |row| stated(&row.location.country)))
        .bind(column(rows, |row| stated(&row.location.region)))
        .bind(column(rows, |row| stated(&row.location.city)))
        .bind(column(rows, |row| asn(row.location)))
        .bind(column(rows, |row| stated(&row.location.network)))
        .bind(column(rows, |row| (!row.changed_fields.is_empty()).then(|| list(row.changed_fields))))
        .bind(column(rows, |row| stated(row.reason)))
        .bind(column(rows, |row| stated(row.actor)))
        .bind(column(rows, |row| stated(row.caller)))
        .bind(column(rows, |row| stated(row.request_id)))
        .bind(column(rows, |row| stated(row.operation_id)))
        .fetch_all(transaction)
        .await?;
    Ok(added.into_iter().collect())
}

async fn login_events(transaction: &mut AuditTransaction<'_>, rows: &[LoginRow<'_, '_>]) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/append_login_events.sql"))
        .bind(column(rows, |row| row.event.event_id))
        .bind(column(rows, |row| time(row.event.at)))
        .bind(column(rows, |row| row.event.tenant))
        .bind(column(rows, |row| stated(row.event.user)))
        .bind(column(rows, |row| row.event.session_id.map(|id| id.to_string())))
        .bind(column(rows, |row| row.session.record.policy.as_str()))
        .bind(column(rows, |row| row.session.record.remembered))
        .bind(column(rows, |row| time(row.session.clock.expires_at)))
        .bind(column(rows, |row| time(row.session.record.authenticated_at)))
        .bind(column(rows, |row| list(&row.session.record.auth_methods)))
        .bind(column(rows, |row| i64::from(row.session.record.assurance_level)))
        .bind(column(rows, |row| row.event.location.ip))
        .bind(column(rows, |row| stated(&row.event.location.country)))
        .bind(column(rows, |row| stated(&row.event.location.region)))
        .bind(column(rows, |row| stated(&row.event.location.city)))
        .bind(column(rows, |row| asn(row.event.location)))
        .bind(column(rows, |row| stated(&row.event.location.network)))
        .bind(column(rows, |row| stated(&row.event.device.id)))
        .bind(column(rows, |row| stated(&row.event.device.name)))
        .bind(column(rows, |row| stated(row.event.device.kind.name())))
        .bind(column(rows, |row| row.event.device.first_seen))
        .bind(column(rows, |row| stated(&row.event.device.browser)))
        .bind(column(rows, |row| stated(&row.event.device.os)))
        .bind(column(rows, |row| stated(&row.event.device.user_agent)))
        .bind(column(rows, |row| stated(row.event.reason)))
        .bind(column(rows, |row| stated(row.event.actor)))
        .bind(column(rows, |row| stated(row.event.caller)))
        .bind(column(rows, |row| stated(row.event.request_id)))
        .execute(transaction)
        .await?;
    Ok(())
}

/// Null of an event that is about no session.
fn of_session<'a, Value>(rows: &[SessionRow<'a>], value: impl Fn(&'a Session) -> Value) -> Vec<Option<Value>> {
    rows.iter().map(|row| row.session.map(&value)).collect()
}
