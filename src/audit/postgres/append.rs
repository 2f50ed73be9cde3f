//! Appending a batch with one statement a table.

use std::collections::HashSet;

use sqlx::{Connection, PgConnection, Postgres, Transaction};

use crate::{
    audit::rows::{LoginRow, SessionRow},
    domain::{Event, EventKind},
};

/// Two nodes that append the same mass revocation do it one after the other. The number is any, and
/// this release's own.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310595212)";

/// Answers how many of the events are new.
pub(super) async fn append(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<u64> {
    // What another transaction committed while this one waited for it must be seen.
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let mut seen = known_mass_revocations(&mut transaction, events).await?;
    let fresh = |event: &&Event| event.kind != EventKind::RevokedAll || seen.insert(event.id.0);
    let events: Vec<_> = events.iter().filter(fresh).collect();

    let sessions: Vec<_> = events.iter().map(|event| SessionRow::of(event)).collect();
    let added = session_events(&mut transaction, &sessions).await?;
    let logins: Vec<_> = events.iter().filter_map(|event| LoginRow::of(event)).collect();
    if !logins.is_empty() {
        login_events(&mut transaction, &logins).await?;
    }
    transaction.commit().await?;
    Ok(added)
}

/// A mass revocation is told of by every bucket, and by each attempt at its own time, so the key of the
/// table, which holds the time, does not tell that it is one.
async fn known_mass_revocations(
    transaction: &mut Transaction<'_, Postgres>,
    events: &[Event],
) -> sqlx::Result<HashSet<[u8; 16]>> {
    let ids: Vec<_> =
        events.iter().filter(|event| event.kind == EventKind::RevokedAll).map(|event| event.id.0).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    sqlx::query(LOCK).execute(&mut **transaction).await?;
    let known: Vec<[u8; 16]> = sqlx::query_scalar(include_str!("sql/known_mass_revocations.sql"))
        .bind(ids)
        .fetch_all(&mut **transaction)
        .await?;
    Ok(known.into_iter().collect())
}

async fn session_events(transaction: &mut Transaction<'_, Postgres>, rows: &[SessionRow<'_>]) -> sqlx::Result<u64> {
    let outcome = sqlx::query(include_str!("sql/append_session_events.sql"))
        .bind(column(rows, |row| row.event_id.0))
        .bind(column(rows, |row| row.at.to_offset_date_time()))
        .bind(column(rows, |row| row.kind))
        .bind(column(rows, |row| row.end_reason))
        .bind(column(rows, |row| row.scope))
        .bind(column(rows, |row| row.tenant))
        .bind(column(rows, |row| row.user))
        .bind(column(rows, |row| row.session_id.map(|id| id.to_string())))
        .bind(column(rows, |row| row.revision.map(i64::from)))
        .bind(column(rows, |row| row.policy))
        .bind(column(rows, |row| row.device_name))
        .bind(column(rows, |row| row.ip))
        .bind(column(rows, |row| row.country))
        .bind(column(rows, |row| row.city))
        .bind(column(rows, |row| row.cause.reason.as_str()))
        .bind(column(rows, |row| row.cause.actor.as_str()))
        .bind(column(rows, |row| row.cause.caller.as_str()))
        .bind(column(rows, |row| row.cause.request_id.as_str()))
        .execute(&mut **transaction)
        .await?;
    Ok(outcome.rows_affected())
}

async fn login_events(transaction: &mut Transaction<'_, Postgres>, rows: &[LoginRow<'_>]) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/append_login_events.sql"))
        .bind(column(rows, |row| row.event.id.0))
        .bind(column(rows, |row| row.event.at.to_offset_date_time()))
        .bind(column(rows, |row| row.session.owner.tenant.as_str()))
        .bind(column(rows, |row| row.session.owner.user.as_str()))
        .bind(column(rows, |row| row.session.id.to_string()))
        .bind(column(rows, |row| row.session.record.policy.as_str()))
        .bind(column(rows, |row| row.session.record.remembered))
        .bind(column(rows, |row| row.session.clock.expires_at.to_offset_date_time()))
        .bind(column(rows, |row| row.session.record.authenticated_at.to_offset_date_time()))
        // An array of arrays would have to be rectangular; no method holds a line feed.
        .bind(column(rows, |row| row.session.record.auth_methods.join("\n")))
        .bind(column(rows, |row| i64::from(row.session.record.assurance_level)))
        .bind(column(rows, |row| row.session.record.location.ip))
        .bind(column(rows, |row| row.session.record.location.country.as_str()))
        .bind(column(rows, |row| row.session.record.location.region.as_str()))
        .bind(column(rows, |row| row.session.record.location.city.as_str()))
        .bind(column(rows, LoginRow::asn))
        .bind(column(rows, |row| row.session.record.location.network.as_str()))
        .bind(column(rows, |row| row.session.record.device.id.as_str()))
        .bind(column(rows, |row| row.session.record.device.name.as_str()))
        .bind(column(rows, LoginRow::device_type))
        .bind(column(rows, |row| row.session.record.device.first_seen))
        .bind(column(rows, |row| row.session.record.device.browser.as_str()))
        .bind(column(rows, |row| row.session.record.device.os.as_str()))
        .bind(column(rows, |row| row.session.record.device.user_agent.as_str()))
        .bind(column(rows, |row| row.event.cause.reason.as_str()))
        .bind(column(rows, |row| row.event.cause.actor.as_str()))
        .bind(column(rows, |row| row.event.cause.caller.as_str()))
        .bind(column(rows, |row| row.event.cause.request_id.as_str()))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}
