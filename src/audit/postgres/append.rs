//! Append of a batch, with one statement per table.

use std::{collections::HashSet, sync::LazyLock};

use sqlx::PgConnection;

use super::{
    erasure_marks, locks, mass_endings,
    parameters::{insert_statement, to_arguments},
    projection,
    refusal::is_partition_violation,
    transaction::AuditTransaction,
};
use crate::{
    audit::tables::{
        login_events::LoginEventRow, mass_revocations::MassRevocationRow, refused_calls::RefusedCallsRow,
        session_events::SessionEventRow, sessions::ProjectedRow, webhook_changes::WebhookChangeRow,
    },
    domain::{Event, EventId, EventKind, RefusedCalls, webhook::WebhookChangeEvent},
};

static INSERT_SESSION_EVENTS: LazyLock<String> =
    LazyLock::new(|| format!("{} RETURNING event_id", insert_statement::<SessionEventRow<'_>>()));
static INSERT_LOGIN_EVENTS: LazyLock<String> = LazyLock::new(insert_statement::<LoginEventRow<'_>>);
static INSERT_REFUSED_CALLS: LazyLock<String> = LazyLock::new(insert_statement::<RefusedCallsRow<'_>>);
static INSERT_WEBHOOK_CHANGE: LazyLock<String> = LazyLock::new(insert_statement::<WebhookChangeRow<'_>>);

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
    let rows: Vec<_> = events
        .iter()
        .filter(fresh)
        .map(|event| SessionEventRow { event, is_redacted: marks.covers_event(event) })
        .collect();
    if !rows.is_empty() {
        transaction.lock(locks::RECORDING).await?;
    }
    let added = insert_session_events(&mut transaction, &rows).await?;
    let new_rows: Vec<_> = rows.iter().filter(|row| added.contains(&row.event.id)).collect();
    let logins: Vec<_> = new_rows.iter().filter_map(|row| LoginEventRow::from_session_event(row)).collect();
    if !logins.is_empty() {
        sqlx::query_with(INSERT_LOGIN_EVENTS.as_str(), to_arguments(&logins)?).execute(&mut transaction).await?;
    }
    let revocations: Vec<_> = new_rows.iter().filter_map(|row| MassRevocationRow::from_event(row.event)).collect();
    mass_endings::insert_revocations(&mut transaction, &revocations).await?;
    let recorded = new_rows.iter().filter(|row| !row.is_redacted).map(|row| row.event);
    projection::project(&mut transaction, &ProjectedRow::from_events(recorded)).await?;
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
    let rows: Vec<_> = refused.iter().map(RefusedCallsRow).collect();
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::RECORDING).await?;
    sqlx::query_with(INSERT_REFUSED_CALLS.as_str(), to_arguments(&rows)?).execute(&mut transaction).await?;
    transaction.commit().await
}

/// Appends the change of a webhook.
pub(super) async fn append_webhook_change(
    transaction: &mut AuditTransaction<'_>,
    event: &WebhookChangeEvent,
) -> sqlx::Result<()> {
    transaction.lock(locks::RECORDING).await?;
    let arguments = to_arguments(&[WebhookChangeRow(event)])?;
    sqlx::query_with(INSERT_WEBHOOK_CHANGE.as_str(), arguments).execute(transaction).await?;
    Ok(())
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
    let added = sqlx::query_scalar_with(INSERT_SESSION_EVENTS.as_str(), to_arguments(rows)?);
    Ok(added.fetch_all(transaction).await?.into_iter().collect())
}
