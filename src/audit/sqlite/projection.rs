//! Projection of events onto the table of sessions.

use sqlx::SqliteConnection;

use super::column::{address, list};
use crate::{
    audit::{
        projected_row::ProjectedRow,
        rows::{asn, non_empty},
    },
    domain::{Session, time::millis},
    sqlite::integer,
    store::Touch,
};

/// Merges rows into the stored ones, by the rule of [`ProjectedRow`].
pub(super) async fn project(connection: &mut SqliteConnection, rows: &[ProjectedRow<'_>]) -> sqlx::Result<()> {
    for row in rows {
        if !upsert(connection, row).await? {
            // A late event may still have the latest activity.
            sqlx::query(include_str!("sql/advance_last_active.sql"))
                .bind(row.session.id.to_string())
                .bind(integer(row.last_active))
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Moves the last activity of live sessions forward.
pub(super) async fn refresh(connection: &mut SqliteConnection, activity: &[Touch]) -> sqlx::Result<()> {
    for Touch { session_id, at } in activity {
        sqlx::query(include_str!("sql/update_last_active.sql"))
            .bind(session_id.to_string())
            .bind(integer(*at))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Inserts or replaces a row. Returns whether it was written.
async fn upsert(connection: &mut SqliteConnection, row: &ProjectedRow<'_>) -> sqlx::Result<bool> {
    let Session { id, owner, record, clock } = row.session;
    let (device, location, end) = (&record.device, &record.location, row.end);
    let position = location.position.as_ref();
    let outcome = sqlx::query(include_str!("sql/project_session.sql"))
        .bind(id.to_string())
        .bind(owner.tenant.as_str())
        .bind(owner.user.as_str())
        .bind(record.revision)
        .bind(non_empty(&record.email))
        .bind(list(&record.roles)?)
        .bind(&record.policy)
        .bind(record.remembered)
        .bind(integer(record.created_at))
        .bind(integer(record.authenticated_at))
        .bind(list(&record.auth_methods)?)
        .bind(record.assurance_level)
        .bind(integer(row.last_active))
        .bind(i64::try_from(millis(clock.idle_timeout)).unwrap_or(i64::MAX))
        .bind(integer(clock.expires_at))
        .bind(end.map(|end| integer(end.at)))
        .bind(non_empty(row.end_reason()))
        .bind(end.and_then(|end| non_empty(&end.cause.reason)))
        .bind(end.and_then(|end| non_empty(&end.cause.actor)))
        .bind(non_empty(&device.id))
        .bind(non_empty(&device.name))
        .bind(non_empty(device.kind.name()))
        .bind(device.first_seen)
        .bind(non_empty(&device.browser))
        .bind(non_empty(&device.os))
        .bind(non_empty(&device.user_agent))
        .bind(location.ip.map(address))
        .bind(non_empty(&location.country))
        .bind(non_empty(&location.region))
        .bind(non_empty(&location.city))
        .bind(position.map(|position| position.latitude))
        .bind(position.map(|position| position.longitude))
        .bind(position.map(|position| position.accuracy_radius_km))
        .bind(asn(location))
        .bind(non_empty(&location.network))
        .bind(row.stored_at.map(integer))
        .execute(connection)
        .await?;
    Ok(outcome.rows_affected() > 0)
}
