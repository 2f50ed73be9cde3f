//! Projection of events onto the table of sessions.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{
    columns::{column, list, time},
    locks,
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        projected_row::ProjectedRow,
        rows::{asn, non_empty},
    },
    domain::{SessionId, UnixMillis, location::GeoPosition, time::millis},
    store::Touch,
};

/// Merges rows into the stored ones, by the rule of [`ProjectedRow`].
pub(super) async fn project(transaction: &mut AuditTransaction<'_>, rows: &[ProjectedRow<'_>]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let written: Vec<String> = sqlx::query_scalar(include_str!("sql/project_sessions.sql"))
        .bind(column(rows, |row| row.session.id.to_string()))
        .bind(column(rows, |row| row.session.owner.tenant.as_str()))
        .bind(column(rows, |row| row.session.owner.user.as_str()))
        .bind(column(rows, |row| i64::from(row.session.record.revision)))
        .bind(column(rows, |row| non_empty(&row.session.record.email)))
        .bind(column(rows, |row| list(&row.session.record.roles)))
        .bind(column(rows, |row| row.session.record.policy.as_str()))
        .bind(column(rows, |row| row.session.record.remembered))
        .bind(column(rows, |row| time(row.session.record.created_at)))
        .bind(column(rows, |row| time(row.session.record.authenticated_at)))
        .bind(column(rows, |row| list(&row.session.record.auth_methods)))
        .bind(column(rows, |row| i64::from(row.session.record.assurance_level)))
        .bind(column(rows, |row| time(row.last_active)))
        .bind(column(rows, |row| i64::try_from(millis(row.session.clock.idle_timeout)).unwrap_or(i64::MAX)))
        .bind(column(rows, |row| time(row.session.clock.expires_at)))
        .bind(column(rows, |row| row.end.map(|end| time(end.at))))
        .bind(column(rows, |row| non_empty(row.end_reason())))
        .bind(column(rows, |row| row.end.and_then(|end| non_empty(&end.cause.reason))))
        .bind(column(rows, |row| row.end.and_then(|end| non_empty(&end.cause.actor))))
        .bind(column(rows, |row| non_empty(&row.session.record.device.id)))
        .bind(column(rows, |row| non_empty(&row.session.record.device.name)))
        .bind(column(rows, |row| non_empty(row.session.record.device.kind.name())))
        .bind(column(rows, |row| row.session.record.device.first_seen))
        .bind(column(rows, |row| non_empty(&row.session.record.device.browser)))
        .bind(column(rows, |row| non_empty(&row.session.record.device.os)))
        .bind(column(rows, |row| non_empty(&row.session.record.device.user_agent)))
        .bind(column(rows, |row| row.session.record.location.ip))
        .bind(column(rows, |row| non_empty(&row.session.record.location.country)))
        .bind(column(rows, |row| non_empty(&row.session.record.location.region)))
        .bind(column(rows, |row| non_empty(&row.session.record.location.city)))
        .bind(position_column(rows, |position| position.latitude))
        .bind(position_column(rows, |position| position.longitude))
        .bind(position_column(rows, |position| i64::from(position.accuracy_radius_km)))
        .bind(column(rows, |row| asn(&row.session.record.location)))
        .bind(column(rows, |row| non_empty(&row.session.record.location.network)))
        .bind(column(rows, |row| row.stored_at.map(time)))
        .fetch_all(&mut *transaction)
        .await?;
    if written.len() == rows.len() {
        return Ok(());
    }
    let written: HashSet<String> = written.into_iter().collect();
    let older = rows.iter().filter(|row| !written.contains(&row.session.id.to_string()));
    let activity: Vec<_> = older.map(|row| (row.session.id, row.last_active)).collect();
    update_last_active(transaction, &activity, true).await
}

/// Updates the last activity, for [`crate::audit::EventLog::refresh`].
pub(super) async fn refresh(connection: &mut PgConnection, activity: &[Touch]) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::WRITING).await?;
    let activity: Vec<_> = activity.iter().map(|touch| (touch.session_id, touch.at)).collect();
    update_last_active(&mut transaction, &activity, false).await?;
    transaction.commit().await
}

/// Moves the last activity of sessions forward. With `ended`, also that of ended sessions.
async fn update_last_active(
    transaction: &mut AuditTransaction<'_>,
    activity: &[(SessionId, UnixMillis)],
    ended: bool,
) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/update_last_active.sql"))
        .bind(column(activity, |(session, _)| session.to_string()))
        .bind(column(activity, |(_, at)| time(*at)))
        .bind(ended)
        .execute(transaction)
        .await?;
    Ok(())
}

fn position_column<Value>(rows: &[ProjectedRow<'_>], value: impl Fn(&GeoPosition) -> Value) -> Vec<Option<Value>> {
    rows.iter().map(|row| row.session.record.location.position.as_ref().map(&value)).collect()
}
