//! The outbox: audit events that are not in the audit database yet.

use async_trait::async_trait;
use sqlx::{FromRow, Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteSessionStore,
    transaction::{EngineError, WriteTransaction},
};
use crate::{
    domain::{Bucket, BucketSet, Cause, EventId, EventKind, UnixMillis, event::RevocationScope},
    sqlite::{count, integer, time},
    store::{
        Backlog, Outbox, OutboxPosition, PendingEvent, StoreError,
        outbox::{OutboxEntry, kind_code},
        record,
    },
};

/// Returns the entry of an event about a scope.
pub(super) fn new_scope_entry(
    kind: EventKind,
    event: EventId,
    scope: &RevocationScope,
    at: UnixMillis,
    cause: &Cause,
) -> OutboxEntry {
    OutboxEntry {
        kind: kind_code(kind),
        subject: event.0.to_vec(),
        owner: scope.to_bytes(),
        at: at.get(),
        cause: record::encode_cause(cause),
        ..OutboxEntry::default()
    }
}

pub(super) async fn append(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    entry: &OutboxEntry,
) -> Result<(), EngineError> {
    sqlx::query(
        "INSERT INTO outbox (bucket, kind, reason, subject, owner, at, clock, cause, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(bucket.0)
    .bind(entry.kind)
    .bind(entry.reason)
    .bind(entry.subject.as_slice())
    .bind(entry.owner.as_slice())
    .bind(integer(UnixMillis::new(entry.at)))
    .bind(entry.clock.as_slice())
    .bind(entry.cause.as_slice())
    .bind(entry.record.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// An entry and its position.
struct PositionedEntry(OutboxPosition, OutboxEntry);

impl FromRow<'_, SqliteRow> for PositionedEntry {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let seq: i64 = row.try_get("seq")?;
        let position = OutboxPosition { bucket: Bucket(row.try_get("bucket")?), entry: seq.to_string() };
        let entry = OutboxEntry {
            kind: row.try_get("kind")?,
            reason: row.try_get("reason")?,
            subject: row.try_get("subject")?,
            owner: row.try_get("owner")?,
            at: time(row.try_get("at")?).get(),
            record: row.try_get("record")?,
            clock: row.try_get("clock")?,
            cause: row.try_get("cause")?,
        };
        Ok(Self(position, entry))
    }
}

#[async_trait]
impl Outbox for SqliteSessionStore {
    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        let operation = "reading the outbox";
        let mut connection = self.connection(operation).await?;
        let (Some(first), Some(last)) = (buckets.iter().next(), buckets.iter().last()) else { return Ok(Vec::new()) };
        let rows: Vec<PositionedEntry> = sqlx::query_as(include_str!("sql/read_outbox.sql"))
            .bind(count(limit))
            .bind(first.0)
            .bind(last.0)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| EngineError::from(error).into_store_error(operation))?;
        let rows = rows.into_iter().filter(|PositionedEntry(position, _)| buckets.contains(position.bucket));
        Ok(rows.map(|PositionedEntry(position, entry)| PendingEvent::from_entry(position, entry)).collect())
    }

    /// Deletes the entries at `positions`. Ignores a position that this engine did not assign.
    async fn delete_from_outbox(&self, positions: &[OutboxPosition]) -> Result<(), StoreError> {
        let mut transaction = WriteTransaction::begin(&self.pool, "deleting from the outbox").await?;
        let outcome = delete(&mut transaction, positions).await;
        transaction.finish(outcome).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let operation = "counting the outbox";
        let mut connection = self.connection(operation).await?;
        let statement = "SELECT (SELECT count(*) FROM outbox), (SELECT written_at FROM outbox ORDER BY seq LIMIT 1)";
        let (events, oldest): (i64, Option<i64>) = sqlx::query_as(statement)
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| EngineError::from(error).into_store_error(operation))?;
        Ok(Backlog { events: u64::try_from(events).unwrap_or_default(), oldest: oldest.map(time) })
    }
}

async fn delete(connection: &mut SqliteConnection, positions: &[OutboxPosition]) -> Result<(), EngineError> {
    for seq in positions.iter().filter_map(|position| position.entry.parse::<i64>().ok()) {
        sqlx::query("DELETE FROM outbox WHERE seq = ?1").bind(seq).execute(&mut *connection).await?;
    }
    Ok(())
}
