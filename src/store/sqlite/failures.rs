//! Recent failures of authentication. The rules of `store/redis/lua/record_failure.lua` and those here are the same.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{
    SqliteSessionStore,
    findings::{self, EvictedSessions},
    outbox,
    transaction::EngineError,
};
use crate::{
    domain::{
        Alert, UnixMillis, UserHandle,
        failures::{FailureRecord, FailureSubject, RaisedFinding},
    },
    sqlite::count,
    store::{
        FailureFindings, FailureReport, FailureStore, StoreError, UserFindings,
        failures::{decode_or_default, retention_score},
        outbox::OutboxEntry,
        record::encode_failures,
    },
};

/// The number of outdated records that are removed with each failure.
const OUTDATED_PER_FAILURE: i64 = 2;
/// The number of records beyond the limit that are removed with each failure.
const SURPLUS_PER_FAILURE: i64 = 8;

#[async_trait]
impl FailureStore for SqliteSessionStore {
    async fn record_failure(&self, report: FailureReport) -> Result<FailureRecord, StoreError> {
        let mut transaction = self.begin_growing("recording a failure", Some(report.now)).await?;
        let outcome = record_failure(&mut transaction, report).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn record_success(&self, handle: UserHandle, now: UnixMillis) -> Result<FailureRecord, StoreError> {
        let known = self.load_failures(FailureSubject::User, handle).await?;
        if known == FailureRecord::default() {
            return Ok(known);
        }
        let mut transaction = self.begin("recording a success", Some(now)).await?;
        let outcome = record_success(&mut transaction, handle, now).await;
        transaction.finish(outcome).await
    }

    async fn load_failures(&self, subject: FailureSubject, handle: UserHandle) -> Result<FailureRecord, StoreError> {
        let operation = "reading failures";
        let mut connection = self.connection(operation).await?;
        let loaded = load(&mut connection, subject, handle).await;
        loaded.map(Option::unwrap_or_default).map_err(|error| error.into_store_error(operation))
    }

    async fn raise_findings(&self, findings: FailureFindings) -> Result<Vec<Alert>, StoreError> {
        let mut transaction = self.begin_growing("raising findings", Some(findings.now)).await?;
        let outcome = raise_findings(&mut transaction, findings).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn raise_user_findings(&self, findings: UserFindings) -> Result<Vec<Alert>, StoreError> {
        let UserFindings { now, handle, findings, .. } = findings;
        let mut transaction = self.begin_growing("raising findings", Some(now)).await?;
        let no_eviction = EvictedSessions::default();
        let outcome = findings::raise_alerts(&mut transaction, handle, &findings, &no_eviction, now).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn delete_failures(&self, handle: UserHandle) -> Result<(), StoreError> {
        let mut transaction = self.begin("removing failures", None).await?;
        let outcome = delete(&mut transaction, FailureSubject::User, handle).await;
        transaction.finish(outcome).await
    }
}

async fn record_failure(
    connection: &mut SqliteConnection,
    report: FailureReport,
) -> Result<FailureRecord, EngineError> {
    let FailureReport { now, subject, handle, failure, event, limit } = report;
    let record = load(connection, subject, handle).await?.unwrap_or_default();
    let record = record.with_failure(failure, subject.capacity());
    put(connection, subject, handle, &record, retention_score(&record, failure.at)).await?;

    let bucket = handle.bucket();
    let outdated = now.minus(FailureRecord::MAX_AGE).get() / 1_000;
    remove_lowest(connection, subject, handle, Some(outdated), OUTDATED_PER_FAILURE).await?;
    let records: i64 = sqlx::query_scalar("SELECT count(*) FROM failures WHERE subject = ?1 AND bucket = ?2")
        .bind(subject as i64)
        .bind(bucket.0)
        .fetch_one(&mut *connection)
        .await?;
    let surplus = records.saturating_sub(count(limit)).min(SURPLUS_PER_FAILURE);
    if surplus > 0 {
        remove_lowest(connection, subject, handle, None, surplus).await?;
    }
    if let Some(entry) = event.as_ref().and_then(OutboxEntry::from_auth_failure) {
        outbox::append(connection, bucket, &OutboxEntry { at: now.get(), ..entry }).await?;
    }
    Ok(record)
}

async fn record_success(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<FailureRecord, EngineError> {
    let Some(before) = load(connection, FailureSubject::User, handle).await? else {
        return Ok(FailureRecord::default());
    };
    let now = UnixMillis::new(now.get() - now.get() % 1_000);
    update(connection, FailureSubject::User, handle, &before.clone().with_success(now)).await?;
    Ok(before)
}

async fn raise_findings(
    connection: &mut SqliteConnection,
    findings: FailureFindings,
) -> Result<Vec<Alert>, EngineError> {
    let FailureFindings { now, subject, handle, findings } = findings;
    let now = UnixMillis::new(now.get() - now.get() % 1_000);
    let mut record = load(connection, subject, handle).await?.unwrap_or_default();
    let mut raised = Vec::new();
    for finding in findings {
        let Some(known) = record.raised.get_mut(finding.slot) else { continue };
        let apart = now.since(known.at).max(known.at.since(now));
        if known.at > UnixMillis::new(0) && apart < finding.dedup_window {
            known.suppressed = known.suppressed.saturating_add(1);
        } else {
            raised.push((finding.alert, u64::from(known.suppressed) + 1));
            *known = RaisedFinding { at: now, suppressed: 0 };
        }
    }
    update(connection, subject, handle, &record).await?;
    findings::append_counted(connection, handle, &raised).await
}

async fn load(
    connection: &mut SqliteConnection,
    subject: FailureSubject,
    handle: UserHandle,
) -> Result<Option<FailureRecord>, EngineError> {
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT record FROM failures WHERE subject = ?1 AND handle = ?2")
        .bind(subject as i64)
        .bind(&handle.0[..])
        .fetch_optional(connection)
        .await?;
    Ok(stored.map(|bytes| decode_or_default(&bytes)))
}

async fn put(
    connection: &mut SqliteConnection,
    subject: FailureSubject,
    handle: UserHandle,
    record: &FailureRecord,
    score: u64,
) -> Result<(), EngineError> {
    sqlx::query("INSERT OR REPLACE INTO failures (subject, handle, bucket, score, record) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(subject as i64)
        .bind(&handle.0[..])
        .bind(handle.bucket().0)
        .bind(i64::try_from(score).unwrap_or(i64::MAX))
        .bind(encode_failures(record))
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces a record that exists. One that was removed meanwhile is not written again.
async fn update(
    connection: &mut SqliteConnection,
    subject: FailureSubject,
    handle: UserHandle,
    record: &FailureRecord,
) -> Result<(), EngineError> {
    sqlx::query("UPDATE failures SET record = ?3 WHERE subject = ?1 AND handle = ?2")
        .bind(subject as i64)
        .bind(&handle.0[..])
        .bind(encode_failures(record))
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes the records of the bucket with the lowest scores, of at most `score`, but never the one of `kept`.
async fn remove_lowest(
    connection: &mut SqliteConnection,
    subject: FailureSubject,
    kept: UserHandle,
    score: Option<u64>,
    records: i64,
) -> Result<(), EngineError> {
    sqlx::query(
        "DELETE FROM failures
         WHERE subject = ?1 AND handle IN (
             SELECT handle FROM failures
             WHERE subject = ?1 AND bucket = ?2 AND handle <> ?3 AND score <= ?4
             ORDER BY score, handle LIMIT ?5
         )",
    )
    .bind(subject as i64)
    .bind(kept.bucket().0)
    .bind(&kept.0[..])
    .bind(score.map_or(i64::MAX, |score| i64::try_from(score).unwrap_or(i64::MAX)))
    .bind(records)
    .execute(connection)
    .await?;
    Ok(())
}

async fn delete(
    connection: &mut SqliteConnection,
    subject: FailureSubject,
    handle: UserHandle,
) -> Result<(), EngineError> {
    sqlx::query("DELETE FROM failures WHERE subject = ?1 AND handle = ?2")
        .bind(subject as i64)
        .bind(&handle.0[..])
        .execute(connection)
        .await?;
    Ok(())
}
