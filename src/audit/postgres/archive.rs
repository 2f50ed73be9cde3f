//! Alerts of the stream, kept on.

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, Row, postgres::PgRow};
use tokio::time::timeout;

use super::{ANSWER, PostgresEventLog, acquire, forget::marks_of, settle};
use crate::{
    audit::{AlertArchive, AuditError, alert_row::AlertRow},
    store::{AlertPosition, StreamedAlert},
};

#[async_trait]
impl AlertArchive for PostgresEventLog {
    async fn keep(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER, keep(&mut connection, alerts)).await;
        settle(connection, "keeping alerts", outcome)
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let newest = sqlx::query("SELECT major, minor FROM alerts ORDER BY major DESC, minor DESC LIMIT 1");
        let outcome = timeout(ANSWER, newest.fetch_optional(&mut *connection)).await;
        let row = settle(connection, "looking for the newest alert", outcome)?;
        let position = row.map(|row| position(&row, "major", "minor")).transpose();
        position.map(|position| Some(position.unwrap_or_default())).map_err(unreadable)
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        self.complete_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let read = sqlx::query(include_str!("sql/read_alerts.sql"))
            .bind(number(after.major))
            .bind(number(after.minor))
            .bind(number(up_to.major))
            .bind(number(up_to.minor))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let outcome = timeout(ANSWER, read.fetch_all(&mut *connection)).await;
        let rows = settle(connection, "reading alerts", outcome)?;
        rows.iter().map(streamed).collect::<sqlx::Result<_>>().map_err(unreadable)
    }
}

async fn keep(connection: &mut PgConnection, alerts: &[StreamedAlert]) -> sqlx::Result<()> {
    let rows: Vec<_> = alerts.iter().map(AlertRow::of).collect();
    // What another transaction committed while this one waited for it must be seen.
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let marks = marks_of(&mut transaction, rows.iter().filter_map(AlertRow::who).collect()).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| row.unless_forgotten(&marks)).collect();
    sqlx::query(include_str!("sql/keep_alerts.sql"))
        .bind(column(&rows, |row| number(row.position.major)))
        .bind(column(&rows, |row| number(row.position.minor)))
        .bind(column(&rows, |row| number(row.previous.major)))
        .bind(column(&rows, |row| number(row.previous.minor)))
        .bind(column(&rows, |row| row.outline.id.0))
        .bind(column(&rows, |row| row.outline.tenant.as_str()))
        .bind(column(&rows, |row| row.user.as_deref()))
        .bind(column(&rows, |row| row.session.as_deref()))
        .bind(column(&rows, |row| row.device_id))
        .bind(column(&rows, |row| row.outline.rule.as_str()))
        .bind(column(&rows, |row| i64::from(row.outline.rule_version)))
        .bind(column(&rows, |row| i16::try_from(row.outline.severity).unwrap_or(i16::MAX)))
        .bind(column(&rows, |row| row.outline.event_time.to_offset_date_time()))
        .bind(column(&rows, |row| row.outline.detected_time.to_offset_date_time()))
        .bind(column(&rows, |row| row.ip))
        .bind(column(&rows, |row| row.country))
        .bind(column(&rows, |row| row.reason))
        .bind(column(&rows, |row| row.detail.as_deref()))
        .bind(column(&rows, |row| row.record))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

fn column<'a, Value>(rows: &'a [AlertRow<'a>], value: impl Fn(&'a AlertRow<'a>) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}

fn streamed(row: &PgRow) -> sqlx::Result<StreamedAlert> {
    let previous = position(row, "previous_major", "previous_minor")?;
    Ok(StreamedAlert::of(position(row, "major", "minor")?, previous, row.try_get("record")?))
}

fn position(row: &PgRow, major: &str, minor: &str) -> sqlx::Result<AlertPosition> {
    let number = |name| row.try_get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(AlertPosition { major: number(major)?, minor: number(minor)? })
}

fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn unreadable(error: sqlx::Error) -> AuditError {
    AuditError::unavailable("reading alerts", error)
}
