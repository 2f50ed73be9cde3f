//! Appending a batch, row by row: there is no network in between.

use sqlx::SqliteConnection;

use crate::{
    audit::rows::{LoginRow, SessionRow},
    domain::{Event, UnixMillis},
};

/// Answers how many of the events are new. To be called within a transaction.
pub(super) async fn append(connection: &mut SqliteConnection, events: &[Event]) -> sqlx::Result<u64> {
    let mut added = 0;
    for event in events {
        added += session_event(connection, &SessionRow::of(event)).await?;
        if let Some(login) = LoginRow::of(event) {
            login_event(connection, &login).await?;
        }
    }
    Ok(added)
}

async fn session_event(connection: &mut SqliteConnection, row: &SessionRow<'_>) -> sqlx::Result<u64> {
    let outcome = sqlx::query(include_str!("sql/append_session_event.sql"))
        .bind(row.event_id.to_string())
        .bind(millis(row.at))
        .bind(row.kind)
        .bind(row.end_reason)
        .bind(row.scope)
        .bind(row.tenant)
        .bind(row.user)
        .bind(row.session_id.map(|id| id.to_string()))
        .bind(row.revision.map(i64::from))
        .bind(row.policy)
        .bind(row.device_name)
        .bind(row.ip.map(|ip| ip.to_string()))
        .bind(row.country)
        .bind(row.city)
        .bind(row.cause.reason.as_str())
        .bind(row.cause.actor.as_str())
        .bind(row.cause.caller.as_str())
        .bind(row.cause.request_id.as_str())
        .execute(connection)
        .await?;
    Ok(outcome.rows_affected())
}

async fn login_event(connection: &mut SqliteConnection, row: &LoginRow<'_>) -> sqlx::Result<()> {
    let LoginRow { event, session } = row;
    let (record, device, location) = (&session.record, &session.record.device, &session.record.location);
    let methods = serde_json::to_string(&record.auth_methods).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(include_str!("sql/append_login_event.sql"))
        .bind(event.id.to_string())
        .bind(millis(event.at))
        .bind(session.owner.tenant.as_str())
        .bind(session.owner.user.as_str())
        .bind(session.id.to_string())
        .bind(&record.policy)
        .bind(record.remembered)
        .bind(millis(session.clock.expires_at))
        .bind(millis(record.authenticated_at))
        .bind(methods)
        .bind(record.assurance_level)
        .bind(location.ip.map(|ip| ip.to_string()))
        .bind(&location.country)
        .bind(&location.region)
        .bind(&location.city)
        .bind(row.asn())
        .bind(&location.network)
        .bind(&device.id)
        .bind(&device.name)
        .bind(row.device_type())
        .bind(device.first_seen)
        .bind(&device.browser)
        .bind(&device.os)
        .bind(&device.user_agent)
        .bind(&event.cause.reason)
        .bind(&event.cause.actor)
        .bind(&event.cause.caller)
        .bind(&event.cause.request_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// 48 bits always fit.
fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}
