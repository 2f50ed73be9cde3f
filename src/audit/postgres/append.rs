//! Append of a batch, with one statement per table.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{
    columns::{column, list, time},
    erasure_marks, locks, mass_endings, projection,
    refusal::is_partition_violation,
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        mass_endings::RevokedScope,
        projected_row::ProjectedRow,
        rows::{LoginEventRow, SessionEventRow, asn, denied_tokens, non_empty},
    },
    domain::{Event, EventId, EventKind, RefusedCalls, Session},
};

/// Appends events. Returns the number of new ones. Retries once if a partition was created meanwhile for a row that was
/// to go into the default partition.
pub(super) async fn append(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<u64> {
    match append_once(connection, events).await {
        Err(error) if is_partition_violation(&error) => append_once(connection, events).await,
        outcome => outcome,
    }
}

async fn append_once(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let marks = erasure_marks::load(&mut transaction, events.iter().filter_map(Event::owner)).await?;
    let mut seen = known_mass_revocations(&mut transaction, events).await?;
    let fresh = |event: &&Event| event.kind != EventKind::RevokedAll || seen.insert(event.id);
    let events: Vec<_> = events.iter().filter(fresh).map(|event| (event, marks.covers_event(event))).collect();

    let rows: Vec<_> = events
        .iter()
        .map(|&(event, is_forgotten)| {
            let row = SessionEventRow::from_event(event);
            if is_forgotten { row.redacted() } else { row }
        })
        .collect();
    if !rows.is_empty() {
        transaction.lock(locks::RECORDING).await?;
    }
    let added = insert_session_events(&mut transaction, &rows).await?;
    let logins: Vec<_> =
        rows.iter().filter(|row| added.contains(&row.event_id)).filter_map(LoginEventRow::from_session_event).collect();
    if !logins.is_empty() {
        insert_login_events(&mut transaction, &logins).await?;
    }
    let fresh = events.iter().map(|(event, _)| *event).filter(|event| added.contains(&event.id));
    mass_endings::insert_revocations(&mut transaction, fresh.filter_map(RevokedScope::from_event)).await?;
    let recorded = events.iter().filter(|(event, is_forgotten)| !is_forgotten && added.contains(&event.id));
    projection::project(&mut transaction, &ProjectedRow::from_events(recorded.map(|(event, _)| *event))).await?;
    transaction.commit().await?;
    Ok(added.len() as u64)
}

/// Appends refused calls, with the same retry as [`append`].
pub(super) async fn append_refused_calls(connection: &mut PgConnection, refused: &[RefusedCalls]) -> sqlx::Result<()> {
    match append_refused_calls_once(connection, refused).await {
        Err(error) if is_partition_violation(&error) => append_refused_calls_once(connection, refused).await,
        outcome => outcome,
    }
}

async fn append_refused_calls_once(connection: &mut PgConnection, refused: &[RefusedCalls]) -> sqlx::Result<()> {
    let rows: Vec<_> = refused.iter().map(SessionEventRow::from_refused_calls).collect();
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::RECORDING).await?;
    insert_session_events(&mut transaction, &rows).await?;
    transaction.commit().await
}

/// Returns the mass revocations that are already recorded. Earlier releases had every bucket report a mass revocation,
/// each with its own time. The key of the table includes the time, so it does not detect these duplicates.
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

/// Inserts the rows. Returns the IDs of the new events.
async fn insert_session_events(
    transaction: &mut AuditTransaction<'_>,
    rows: &[SessionEventRow<'_>],
) -> sqlx::Result<HashSet<EventId>> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let added = sqlx::query_scalar(include_str!("sql/append_session_events.sql"))
        .bind(column(rows, |row| row.event_id))
        .bind(column(rows, |row| time(row.at)))
        .bind(column(rows, |row| row.kind))
        .bind(column(rows, |row| non_empty(row.end_reason)))
        .bind(column(rows, |row| non_empty(row.scope)))
        .bind(column(rows, |row| non_empty(row.tenant)))
        .bind(column(rows, |row| non_empty(row.user)))
        .bind(column(rows, |row| row.session_id.map(|id| id.to_string())))
        .bind(session_column(rows, |session| time(session.record.created_at)))
        .bind(session_column(rows, |session| i64::from(session.record.revision)))
        .bind(session_column(rows, |session| session.record.policy.as_str()))
        .bind(session_column(rows, |session| list(&session.record.auth_methods)))
        .bind(session_column(rows, |session| i64::from(session.record.assurance_level)))
        .bind(column(rows, |row| non_empty(&row.device.id)))
        .bind(column(rows, |row| non_empty(&row.device.name)))
        .bind(column(rows, |row| non_empty(row.device.kind.name())))
        .bind(column(rows, |row| non_empty(&row.device.browser)))
        .bind(column(rows, |row| non_empty(&row.device.os)))
        .bind(column(rows, |row| row.location.ip))
        .bind(column(rows, |row| non_empty(&row.location.country)))
        .bind(column(rows, |row| non_empty(&row.location.region)))
        .bind(column(rows, |row| non_empty(&row.location.city)))
        .bind(column(rows, |row| asn(row.location)))
        .bind(column(rows, |row| non_empty(&row.location.network)))
        .bind(column(rows, |row| (!row.changed_fields.is_empty()).then(|| list(row.changed_fields))))
        .bind(column(rows, |row| non_empty(row.reason)))
        .bind(column(rows, |row| non_empty(row.actor)))
        .bind(column(rows, |row| non_empty(row.caller)))
        .bind(column(rows, |row| non_empty(row.request_id)))
        .bind(column(rows, |row| non_empty(row.operation_id)))
        .bind(column(rows, |row| denied_tokens(row.denied_jwts).map(|texts| list(&texts))))
        .fetch_all(transaction)
        .await?;
    Ok(added.into_iter().collect())
}

async fn insert_login_events(
    transaction: &mut AuditTransaction<'_>,
    rows: &[LoginEventRow<'_, '_>],
) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/append_login_events.sql"))
        .bind(column(rows, |row| row.event.event_id))
        .bind(column(rows, |row| time(row.event.at)))
        .bind(column(rows, |row| row.event.tenant))
        .bind(column(rows, |row| non_empty(row.event.user)))
        .bind(column(rows, |row| row.event.session_id.map(|id| id.to_string())))
        .bind(column(rows, |row| row.session.record.policy.as_str()))
        .bind(column(rows, |row| row.session.record.remembered))
        .bind(column(rows, |row| time(row.session.clock.expires_at)))
        .bind(column(rows, |row| time(row.session.record.authenticated_at)))
        .bind(column(rows, |row| list(&row.session.record.auth_methods)))
        .bind(column(rows, |row| i64::from(row.session.record.assurance_level)))
        .bind(column(rows, |row| row.event.location.ip))
        .bind(column(rows, |row| non_empty(&row.event.location.country)))
        .bind(column(rows, |row| non_empty(&row.event.location.region)))
        .bind(column(rows, |row| non_empty(&row.event.location.city)))
        .bind(column(rows, |row| asn(row.event.location)))
        .bind(column(rows, |row| non_empty(&row.event.location.network)))
        .bind(column(rows, |row| non_empty(&row.event.device.id)))
        .bind(column(rows, |row| non_empty(&row.event.device.name)))
        .bind(column(rows, |row| non_empty(row.event.device.kind.name())))
        .bind(column(rows, |row| row.event.device.first_seen))
        .bind(column(rows, |row| non_empty(&row.event.device.browser)))
        .bind(column(rows, |row| non_empty(&row.event.device.os)))
        .bind(column(rows, |row| non_empty(&row.event.device.user_agent)))
        .bind(column(rows, |row| non_empty(row.event.reason)))
        .bind(column(rows, |row| non_empty(row.event.actor)))
        .bind(column(rows, |row| non_empty(row.event.caller)))
        .bind(column(rows, |row| non_empty(row.event.request_id)))
        .execute(transaction)
        .await?;
    Ok(())
}

/// Returns the values of a column, null for an event that is about no session.
fn session_column<'a, Value>(rows: &[SessionEventRow<'a>], value: impl Fn(&'a Session) -> Value) -> Vec<Option<Value>> {
    rows.iter().map(|row| row.session.map(&value)).collect()
}
