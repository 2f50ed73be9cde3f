//! The stream of alerts in a table. Findings become alerts in one transaction; who listens is in this process.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::unfold;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tokio::sync::broadcast::{Sender, error::RecvError};

use super::{SqliteSessionStore, column, fault::Fault, forgotten_alerts};
use crate::{
    domain::{Bucket, Owner, time::millis},
    store::{
        AlertMessages, AlertPage, AlertPosition, AlertStream, FindingEntry, Forwarded, Keep, StoreError, StreamedAlert,
        Waiting,
    },
};

/// Alerts that a listener may be behind; what it misses then it reads.
const HEARD: usize = 1024;

/// How far the clock may be ahead of the alert that was appended last, in milliseconds: a day.
const CLOCK_ALLOWANCE: i64 = 86_400_000;

/// Those who listen.
pub(super) fn nobody() -> Sender<StreamedAlert> {
    Sender::new(HEARD)
}

#[async_trait]
impl AlertStream for SqliteSessionStore {
    async fn waiting(&self) -> Result<Waiting, StoreError> {
        let verb = "looking for findings";
        let mut connection = self.connection(verb).await?;
        waiting(&mut connection).await.map_err(|fault| fault.during(verb))
    }

    async fn forward(&self, bucket: Bucket, limit: usize, keep: Keep) -> Result<Forwarded, StoreError> {
        let mut step = self.begin("forwarding findings", None).await?;
        let outcome = forward(&mut step, bucket, limit, keep).await;
        let (forwarded, appended) = step.finish(outcome).await?;
        for alert in appended {
            // Nobody need listen.
            let _ = self.heard.send(alert);
        }
        Ok(forwarded)
    }

    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError> {
        let verb = "reading alerts";
        let mut connection = self.connection(verb).await?;
        read(&mut connection, after, limit).await.map_err(|fault| fault.during(verb))
    }

    async fn newest(&self) -> Result<AlertPosition, StoreError> {
        let verb = "reading the newest alert";
        let mut connection = self.connection(verb).await?;
        newest(&mut connection).await.map_err(|fault| fault.during(verb))
    }

    async fn forget(&self, owner: &Owner) -> Result<u64, StoreError> {
        forgotten_alerts::forget(&self.pool, owner).await
    }

    fn before(&self, _: AlertPosition, _: Duration) -> AlertPosition {
        AlertPosition::START
    }

    async fn listen(&self) -> Result<AlertMessages, StoreError> {
        Ok(Box::pin(unfold(self.heard.subscribe(), async |mut heard| {
            loop {
                match heard.recv().await {
                    Ok(alert) => return Some((Ok(alert), heard)),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        })))
    }
}

async fn waiting(connection: &mut SqliteConnection) -> Result<Waiting, Fault> {
    let rows: Vec<(u8, i64)> = sqlx::query_as("SELECT bucket, count(*) FROM findings GROUP BY bucket ORDER BY bucket")
        .fetch_all(connection)
        .await?;
    let findings = rows.iter().map(|(_, count)| u64::try_from(*count).unwrap_or_default()).sum();
    Ok(Waiting { buckets: rows.into_iter().map(|(bucket, _)| Bucket(bucket)).collect(), findings, oldest: None })
}

async fn forward(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    limit: usize,
    keep: Keep,
) -> Result<(Forwarded, Vec<StreamedAlert>), Fault> {
    let rows = sqlx::query(include_str!("sql/read_findings.sql"))
        .bind(bucket.0)
        .bind(column::count(limit))
        .fetch_all(&mut *connection)
        .await?;
    let mut forwarded = Forwarded { more: rows.len() >= limit, ..Forwarded::default() };
    let mut appended = Vec::new();
    let mut previous = newest(connection).await?;
    let stamped = newest_stamp(connection).await?;
    for row in &rows {
        let (id, bytes, read) = finding_of(row)?.to_streamed();
        if let Err(error) = read {
            forwarded.unreadable += 1;
            tracing::error!(%bucket, %error, "a finding cannot be read; it is passed on as it is");
        }
        let position: Option<i64> = sqlx::query_scalar(include_str!("sql/append_alert.sql"))
            .bind(position(previous))
            .bind(&id.0[..])
            .bind(bytes.as_slice())
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(position) = position {
            let alert = StreamedAlert::of(at(position), previous, bytes);
            previous = alert.position;
            appended.push(alert);
        }
        sqlx::query("DELETE FROM findings WHERE seq = ?1")
            .bind(row.try_get::<i64, _>("seq")?)
            .execute(&mut *connection)
            .await?;
    }
    if !appended.is_empty() {
        cut(connection, previous, stamped, keep).await?;
    }
    forwarded.alerts = appended.len() as u64;
    Ok((forwarded, appended))
}

/// When the newest alert was appended; `None`: there is none.
async fn newest_stamp(connection: &mut SqliteConnection) -> Result<Option<i64>, Fault> {
    let at = sqlx::query_scalar("SELECT at FROM alerts ORDER BY position DESC LIMIT 1");
    Ok(at.fetch_optional(connection).await?)
}

/// By age it goes by the older of two witnesses: the clock, and what was appended before with a day added. So a clock
/// that is years ahead does not empty the stream.
///
/// Positions are numbered through, so the number tells how many came after.
async fn cut(
    connection: &mut SqliteConnection,
    newest: AlertPosition,
    stamped: Option<i64>,
    keep: Keep,
) -> Result<(), Fault> {
    let last_to_go = newest.major.saturating_sub(keep.alerts);
    sqlx::query(include_str!("sql/cut_alerts.sql"))
        .bind(i64::try_from(last_to_go).unwrap_or(i64::MAX))
        .bind(i64::try_from(millis(keep.age)).unwrap_or(i64::MAX))
        .bind(keep.archived.map_or(i64::MAX, position))
        .bind(stamped.map_or(i64::MAX, |at| at.saturating_add(CLOCK_ALLOWANCE)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn read(connection: &mut SqliteConnection, after: AlertPosition, limit: usize) -> Result<AlertPage, Fault> {
    let newest = newest(connection).await?;
    let rows =
        sqlx::query("SELECT position, previous, alert FROM alerts WHERE position > ?1 ORDER BY position LIMIT ?2")
            .bind(position(after))
            .bind(column::count(limit))
            .fetch_all(connection)
            .await?;
    let alerts = rows.iter().map(|row| {
        let previous = at(row.try_get("previous")?);
        Ok(StreamedAlert::of(at(row.try_get("position")?), previous, row.try_get("alert")?))
    });
    let alerts = alerts.collect::<sqlx::Result<Vec<_>>>()?;
    let before = alerts.first().map_or(newest, |first| first.previous);
    Ok(AlertPage { newest, before, alerts })
}

/// The number that was given last, kept or not.
async fn newest(connection: &mut SqliteConnection) -> Result<AlertPosition, Fault> {
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'").fetch_optional(connection).await?;
    Ok(at(newest.unwrap_or_default()))
}

fn finding_of(row: &SqliteRow) -> sqlx::Result<FindingEntry> {
    let number = |name| row.try_get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(FindingEntry {
        alert: row.try_get("alert")?,
        count: number("count")?,
        evicted: number("evicted")?,
        evicted_record: row.try_get("evicted_record")?,
    })
}

fn at(position: i64) -> AlertPosition {
    AlertPosition { major: u64::try_from(position).unwrap_or_default(), minor: 0 }
}

fn position(of: AlertPosition) -> i64 {
    i64::try_from(of.major).unwrap_or(i64::MAX)
}
