//! Alerts of the stream, kept on.

use std::net::IpAddr;

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteEventLog, finish, forget::mark};
use crate::{
    audit::{AlertArchive, AuditError, alert_row::AlertRow, forgotten::Marks},
    store::{AlertPosition, StreamedAlert},
};

#[async_trait]
impl AlertArchive for SqliteEventLog {
    async fn keep(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        let mut transaction = self.begin("keeping alerts").await?;
        let outcome = keep(&mut transaction, alerts).await;
        finish(transaction, "keeping alerts", outcome).await
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        let newest = sqlx::query("SELECT major, minor FROM alerts ORDER BY major DESC, minor DESC LIMIT 1");
        let row = newest.fetch_optional(&self.pool).await;
        let position = row.and_then(|row| row.map(|row| position(&row, "major", "minor")).transpose());
        let position = position.map_err(|error| AuditError::unavailable("looking for the newest alert", error))?;
        Ok(Some(position.unwrap_or_default()))
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        let rows = sqlx::query(include_str!("sql/read_alerts.sql"))
            .bind(number(after.major))
            .bind(number(after.minor))
            .bind(number(up_to.major))
            .bind(number(up_to.minor))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await;
        let alerts = rows.and_then(|rows| rows.iter().map(streamed).collect());
        alerts.map_err(|error| AuditError::unavailable("reading alerts", error))
    }
}

/// To be called within a transaction.
async fn keep(connection: &mut SqliteConnection, alerts: &[StreamedAlert]) -> sqlx::Result<()> {
    for alert in alerts {
        let row = AlertRow::of(alert);
        let marks = match row.who() {
            Some(who) => mark(connection, who).await?.into_iter().collect(),
            None => Marks::default(),
        };
        insert(connection, &row.unless_forgotten(&marks)).await?;
    }
    Ok(())
}

async fn insert(connection: &mut SqliteConnection, row: &AlertRow<'_>) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/keep_alert.sql"))
        .bind(number(row.position.major))
        .bind(number(row.position.minor))
        .bind(number(row.previous.major))
        .bind(number(row.previous.minor))
        .bind(row.outline.id.to_string())
        .bind(row.outline.tenant.as_str())
        .bind(row.user.as_deref())
        .bind(row.session.as_deref())
        .bind(row.device_id)
        .bind(row.outline.rule.as_str())
        .bind(row.outline.rule_version)
        .bind(row.outline.severity)
        .bind(number(row.outline.event_time.get()))
        .bind(number(row.outline.detected_time.get()))
        .bind(row.ip.map(bytes_of))
        .bind(row.country)
        .bind(row.reason)
        .bind(row.detail.as_deref())
        .bind(row.record)
        .execute(connection)
        .await?;
    Ok(())
}

/// Both families as one.
fn bytes_of(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
    .octets()
    .to_vec()
}

fn streamed(row: &SqliteRow) -> sqlx::Result<StreamedAlert> {
    let previous = position(row, "previous_major", "previous_minor")?;
    Ok(StreamedAlert::of(position(row, "major", "minor")?, previous, row.try_get("record")?))
}

fn position(row: &SqliteRow, major: &str, minor: &str) -> sqlx::Result<AlertPosition> {
    let number = |name| row.try_get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(AlertPosition { major: number(major)?, minor: number(minor)? })
}

fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
