//! The alert stream in a table. One transaction turns findings into alerts; its listeners are in this process.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::unfold;
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use tokio::sync::broadcast::{Sender, error::RecvError};

use super::{
    SqliteSessionStore,
    transaction::{EngineError, WriteTransaction},
};
use crate::{
    domain::{Bucket, Owner, alert::AlertId, time::millis},
    sqlite::count,
    store::{
        AlertMessages, AlertPage, AlertPosition, AlertRetention, AlertStream, FindingEntry, ForwardOutcome,
        PendingFindings, StoreError, StreamedAlert, record::AlertOutline,
    },
};

/// Number of alerts that a listener may fall behind. Beyond that it misses alerts and reads them from the table.
const BROADCAST_CAPACITY: usize = 1024;

/// Maximum time that the clock may be ahead of the last appended alert, in milliseconds: one day.
const CLOCK_ALLOWANCE: i64 = 86_400_000;

/// Returns the sender of new alerts, without listeners.
pub(super) fn new_broadcast() -> Sender<StreamedAlert> {
    Sender::new(BROADCAST_CAPACITY)
}

#[async_trait]
impl AlertStream for SqliteSessionStore {
    async fn pending_findings(&self) -> Result<PendingFindings, StoreError> {
        let operation = "counting pending findings";
        let mut connection = self.connection(operation).await?;
        count_pending_findings(&mut connection).await.map_err(|error| error.into_store_error(operation))
    }

    async fn forward(
        &self,
        bucket: Bucket,
        limit: usize,
        retention: AlertRetention,
    ) -> Result<ForwardOutcome, StoreError> {
        let mut transaction = self.begin("forwarding findings", None).await?;
        let outcome = forward(&mut transaction, bucket, limit, retention).await;
        let (forwarded, appended) = transaction.finish(outcome).await?;
        for alert in appended {
            // An error means that there are no listeners, which is allowed.
            let _ = self.alert_sender.send(alert);
        }
        Ok(forwarded)
    }

    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError> {
        let operation = "reading alerts";
        let mut connection = self.connection(operation).await?;
        read(&mut connection, after, limit).await.map_err(|error| error.into_store_error(operation))
    }

    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, StoreError> {
        let operation = "finding an alert";
        let mut connection = self.connection(operation).await?;
        find(&mut connection, id).await.map_err(|error| error.into_store_error(operation))
    }

    async fn newest(&self) -> Result<AlertPosition, StoreError> {
        let operation = "reading the newest alert";
        let mut connection = self.connection(operation).await?;
        newest(&mut connection).await.map_err(|error| error.into_store_error(operation))
    }

    async fn delete_user_alerts(&self, owner: &Owner) -> Result<u64, StoreError> {
        delete_user_alerts(&self.pool, owner).await
    }

    fn position_before(&self, _: AlertPosition, _: Duration) -> AlertPosition {
        AlertPosition::START
    }

    async fn listen(&self) -> Result<AlertMessages, StoreError> {
        Ok(Box::pin(unfold(self.alert_sender.subscribe(), async |mut heard| {
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

async fn count_pending_findings(connection: &mut SqliteConnection) -> Result<PendingFindings, EngineError> {
    let rows: Vec<(u8, i64)> = sqlx::query_as("SELECT bucket, count(*) FROM findings GROUP BY bucket ORDER BY bucket")
        .fetch_all(connection)
        .await?;
    let findings = rows.iter().map(|(_, count)| u64::try_from(*count).unwrap_or_default()).sum();
    Ok(PendingFindings {
        buckets: rows.into_iter().map(|(bucket, _)| Bucket(bucket)).collect(),
        findings,
        oldest: None,
    })
}

async fn forward(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    limit: usize,
    retention: AlertRetention,
) -> Result<(ForwardOutcome, Vec<StreamedAlert>), EngineError> {
    let rows = sqlx::query(
        "SELECT seq, alert, count, evicted, evicted_record FROM findings WHERE bucket = ?1 ORDER BY seq LIMIT ?2",
    )
    .bind(bucket.0)
    .bind(count(limit))
    .fetch_all(&mut *connection)
    .await?;
    let mut forwarded = ForwardOutcome { has_more: rows.len() >= limit, ..ForwardOutcome::default() };
    let mut appended = Vec::new();
    let mut previous = newest(connection).await?;
    let newest_appended_at = newest_appended_at(connection).await?;
    for row in &rows {
        let (id, bytes, read) = read_finding(row)?.to_streamed();
        if let Err(error) = read {
            forwarded.unreadable += 1;
            tracing::error!(%bucket, %error, "failed to decode a finding; forwarding it unchanged");
        }
        if let Some(position) = append(connection, previous, id, &bytes).await? {
            let alert = StreamedAlert::from_record(to_position(position), previous, bytes);
            previous = alert.position;
            appended.push(alert);
        }
        sqlx::query("DELETE FROM findings WHERE seq = ?1")
            .bind(row.try_get::<i64, _>("seq")?)
            .execute(&mut *connection)
            .await?;
    }
    if !appended.is_empty() {
        trim_alerts(connection, previous, newest_appended_at, retention).await?;
    }
    forwarded.alerts = appended.len() as u64;
    Ok((forwarded, appended))
}

/// Appends an alert. Returns its position, or `None` if the stream has it already.
async fn append(
    connection: &mut SqliteConnection,
    previous: AlertPosition,
    id: AlertId,
    bytes: &[u8],
) -> Result<Option<i64>, EngineError> {
    // Without ON CONFLICT: a conflicting row would still consume a position, and the next position would indicate a gap
    // that does not exist.
    let position = sqlx::query_scalar(
        "INSERT INTO alerts (previous, alert_id, alert)
         SELECT ?1, ?2, ?3
         WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?2)
         RETURNING position",
    )
    .bind(to_column(previous))
    .bind(&id.0[..])
    .bind(bytes)
    .fetch_optional(connection)
    .await?;
    Ok(position)
}

/// Returns the time at which the newest alert was appended, or `None` if there are no alerts.
async fn newest_appended_at(connection: &mut SqliteConnection) -> Result<Option<i64>, EngineError> {
    let at = sqlx::query_scalar("SELECT at FROM alerts ORDER BY position DESC LIMIT 1");
    Ok(at.fetch_optional(connection).await?)
}

/// Removes alerts beyond the retention.
///
/// The age of an alert is measured against the earlier of two times: the clock, and the previous newest alert plus one
/// day. A clock that is years ahead therefore does not empty the stream.
///
/// Positions are consecutive, so the position of an alert shows how many came after it.
async fn trim_alerts(
    connection: &mut SqliteConnection,
    newest: AlertPosition,
    newest_appended_at: Option<i64>,
    retention: AlertRetention,
) -> Result<(), EngineError> {
    let last_removed = newest.major.saturating_sub(retention.alerts);
    sqlx::query(include_str!("sql/trim_alerts.sql"))
        .bind(i64::try_from(last_removed).unwrap_or(i64::MAX))
        .bind(i64::try_from(millis(retention.age)).unwrap_or(i64::MAX))
        .bind(retention.archived.map_or(i64::MAX, to_column))
        .bind(newest_appended_at.map_or(i64::MAX, |at| at.saturating_add(CLOCK_ALLOWANCE)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn read(connection: &mut SqliteConnection, after: AlertPosition, limit: usize) -> Result<AlertPage, EngineError> {
    let newest = newest(connection).await?;
    let rows =
        sqlx::query("SELECT position, previous, alert FROM alerts WHERE position > ?1 ORDER BY position LIMIT ?2")
            .bind(to_column(after))
            .bind(count(limit))
            .fetch_all(connection)
            .await?;
    let alerts = rows.iter().map(read_alert).collect::<sqlx::Result<Vec<_>>>()?;
    let before = alerts.first().map_or(newest, |first| first.previous);
    Ok(AlertPage { newest, preceding: before, alerts })
}

async fn find(connection: &mut SqliteConnection, id: AlertId) -> Result<Option<StreamedAlert>, EngineError> {
    let row = sqlx::query("SELECT position, previous, alert FROM alerts WHERE alert_id = ?1").bind(&id.0[..]);
    Ok(row.fetch_optional(connection).await?.as_ref().map(read_alert).transpose()?)
}

fn read_alert(row: &SqliteRow) -> sqlx::Result<StreamedAlert> {
    let previous = to_position(row.try_get("previous")?);
    Ok(StreamedAlert::from_record(to_position(row.try_get("position")?), previous, row.try_get("alert")?))
}

/// Returns the last position that was assigned, even if its alert has been removed.
async fn newest(connection: &mut SqliteConnection) -> Result<AlertPosition, EngineError> {
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'").fetch_optional(connection).await?;
    Ok(to_position(newest.unwrap_or_default()))
}

/// A pass over one table: the statement that reads a page, and the one that removes a row.
struct ErasurePass {
    operation: &'static str,
    page: &'static str,
    remove: &'static str,
}

/// The passes, in the order in which an alert moves through the tables.
const PASSES: [ErasurePass; 2] = [
    ErasurePass {
        operation: "removing a user's findings",
        page: "SELECT seq AS at, alert FROM findings WHERE seq > ? ORDER BY seq LIMIT 500",
        remove: "DELETE FROM findings WHERE seq = ?",
    },
    ErasurePass {
        operation: "removing a user's alerts",
        page: "SELECT position AS at, alert FROM alerts WHERE position > ? ORDER BY position LIMIT 500",
        remove: "UPDATE alerts SET alert = x'' WHERE position = ?",
    },
];

/// Removes the alerts and findings about `owner`. Returns their number. Each page is one transaction, so that other
/// operations can proceed in between.
async fn delete_user_alerts(pool: &SqlitePool, owner: &Owner) -> Result<u64, StoreError> {
    let mut removed = 0;
    for pass in PASSES {
        let mut from = Some(0);
        while let Some(after) = from {
            let mut transaction = WriteTransaction::begin(pool, pass.operation).await?;
            let outcome = async {
                let rows = sqlx::query(pass.page).bind(after).fetch_all(&mut *transaction).await?;
                let mut count = 0;
                for row in &rows {
                    if AlertOutline::from_bytes(row.try_get("alert")?).is_about(owner) {
                        count += sqlx::query(pass.remove)
                            .bind(read_position(row)?)
                            .execute(&mut *transaction)
                            .await?
                            .rows_affected();
                    }
                }
                Ok((count, rows.last().map(read_position).transpose()?))
            };
            let outcome = outcome.await;
            let (count, last) = transaction.finish(outcome).await?;
            removed += count;
            from = last;
        }
    }
    Ok(removed)
}

fn read_position(row: &SqliteRow) -> sqlx::Result<i64> {
    row.try_get("at")
}

fn read_finding(row: &SqliteRow) -> sqlx::Result<FindingEntry> {
    let number = |name| row.try_get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(FindingEntry {
        alert: row.try_get("alert")?,
        count: number("count")?,
        evicted: number("evicted")?,
        evicted_record: row.try_get("evicted_record")?,
    })
}

fn to_position(position: i64) -> AlertPosition {
    AlertPosition { major: u64::try_from(position).unwrap_or_default(), minor: 0 }
}

fn to_column(position: AlertPosition) -> i64 {
    i64::try_from(position.major).unwrap_or(i64::MAX)
}
