//! Append of a batch, row by row: there is no network in between.

use std::sync::LazyLock;

use sqlx::SqliteConnection;

use super::{
    forget,
    parameters::{insert_statement, to_arguments},
    projection,
};
use crate::{
    audit::tables::{
        TableRow, login_events::LoginEventRow, mass_revocations::MassRevocationRow, refused_calls::RefusedCallsRow,
        session_events::SessionEventRow, sessions::ProjectedRow, webhook_changes::WebhookChangeRow,
    },
    domain::{Event, RefusedCalls, webhook::WebhookChangeEvent},
};

static INSERT_SESSION_EVENT: LazyLock<String> = LazyLock::new(insert_statement::<SessionEventRow<'_>>);
static INSERT_LOGIN_EVENT: LazyLock<String> = LazyLock::new(insert_statement::<LoginEventRow<'_>>);
static INSERT_REFUSED_CALLS: LazyLock<String> = LazyLock::new(insert_statement::<RefusedCallsRow<'_>>);
static INSERT_WEBHOOK_CHANGE: LazyLock<String> = LazyLock::new(insert_statement::<WebhookChangeRow<'_>>);
static INSERT_MASS_REVOCATION: LazyLock<String> = LazyLock::new(insert_statement::<MassRevocationRow<'_>>);

/// Appends events. Returns the number of new ones. Must be called in a transaction.
pub(super) async fn append(connection: &mut SqliteConnection, events: &[Event]) -> sqlx::Result<u64> {
    let marks = forget::load_marks(connection, events.iter().filter_map(Event::owner)).await?;
    let (mut added, mut projected) = (0, Vec::new());
    for event in events {
        let row = SessionEventRow { event, is_redacted: marks.covers_event(event) };
        if !insert(connection, &INSERT_SESSION_EVENT, &row).await? {
            continue;
        }
        added += 1;
        if let Some(revocation) = MassRevocationRow::from_event(event) {
            insert(connection, &INSERT_MASS_REVOCATION, &revocation).await?;
        }
        if let Some(login) = LoginEventRow::from_session_event(&row) {
            insert(connection, &INSERT_LOGIN_EVENT, &login).await?;
        }
        if !row.is_redacted {
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
        insert(connection, &INSERT_REFUSED_CALLS, &RefusedCallsRow(refused)).await?;
    }
    Ok(())
}

/// Appends the change of a webhook. Must be called in a transaction.
pub(super) async fn append_webhook_change(
    connection: &mut SqliteConnection,
    event: &WebhookChangeEvent,
) -> sqlx::Result<()> {
    insert(connection, &INSERT_WEBHOOK_CHANGE, &WebhookChangeRow(event)).await.map(drop)
}

/// Inserts a row. Returns whether it is new.
async fn insert<Row: TableRow + Sync>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    row: &Row,
) -> sqlx::Result<bool> {
    let outcome = sqlx::query_with(statement, to_arguments(row)?).execute(connection).await?;
    Ok(outcome.rows_affected() > 0)
}
