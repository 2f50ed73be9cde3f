//! The queue of notifications in PostgreSQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sqlx::PgConnection;
use tokio::time::timeout;

use super::{
    ANSWER_TIMEOUT, PostgresEventLog, acquire, erasure_marks, history::settle_query, settle,
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        AuditError,
        erasure::digest,
        notification_queue::{
            EnqueueReport, EnqueueRun, HeldNotifications, LeaseRequest, NotificationQueue, QueueScope,
        },
        tables::notifications::{LeasedRow, group_findings, parse_ids, to_column, to_dead, to_stats},
    },
    domain::{
        TenantId, UnixMillis,
        notification::{
            DeadNotification, LeasedNotification, NotificationDraft, NotificationId, NotificationQueueStats,
        },
        search::TenantFilter,
    },
};

#[async_trait]
impl NotificationQueue for PostgresEventLog {
    async fn enqueue(&self, drafts: &[NotificationDraft], run: EnqueueRun) -> Result<EnqueueReport, AuditError> {
        self.ensure_schema().await?;
        let mut connection = acquire(&self.pool).await?;
        let outcome = timeout(ANSWER_TIMEOUT, enqueue(&mut connection, drafts, run)).await;
        settle(connection, "queuing notifications", outcome)
    }

    async fn lease(&self, request: &LeaseRequest) -> Result<Vec<LeasedNotification>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, lease(&mut connection, request)).await;
        settle_query(connection, "leasing notifications", outcome)
    }

    async fn acknowledge(&self, held: &HeldNotifications) -> Result<Vec<NotificationId>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, acknowledge(&mut connection, held)).await;
        settle_query(connection, "acknowledging notifications", outcome)
    }

    async fn extend(&self, held: &HeldNotifications, until: UnixMillis) -> Result<Vec<NotificationId>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, extend(&mut connection, held, until)).await;
        settle_query(connection, "extending a lease", outcome)
    }

    async fn count(&self, scope: &QueueScope) -> Result<NotificationQueueStats, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, count(&mut connection, scope)).await;
        settle_query(connection, "counting notifications", outcome)
    }

    async fn dead(&self, scope: &QueueScope, limit: u32) -> Result<Vec<DeadNotification>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, dead(&mut connection, scope, limit)).await;
        settle_query(connection, "listing dead notifications", outcome)
    }

    async fn requeue(&self, scope: &QueueScope, ids: Option<&[NotificationId]>, limit: u32) -> Result<u64, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, requeue(&mut connection, scope, ids, limit)).await;
        settle_query(connection, "requeuing notifications", outcome)
    }

    async fn remove_expired(&self, now: UnixMillis, limit: u32) -> Result<u64, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, remove_expired(&mut connection, now, limit)).await;
        settle_query(connection, "removing expired notifications", outcome)
    }
}

async fn enqueue(
    connection: &mut PgConnection,
    drafts: &[NotificationDraft],
    run: EnqueueRun,
) -> sqlx::Result<EnqueueReport> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let marks = erasure_marks::load(&mut transaction, drafts.iter().map(|draft| &draft.owner)).await?;
    let drafts: Vec<_> = drafts.iter().filter(|draft| !marks.covers(&digest(&draft.owner), draft.event_time)).collect();
    let ids: Vec<_> = drafts.iter().map(|draft| draft.id.to_string()).collect();
    let (known, room): (i64, i64) = sqlx::query_as(include_str!("sql/notification_room.sql"))
        .bind(&ids)
        .bind(i64::from(run.capacity))
        .fetch_one(&mut transaction)
        .await?;
    let queued = sqlx::query(include_str!("sql/append_notifications.sql"))
        .bind(&ids)
        .bind(drafts.iter().map(|draft| draft.owner.tenant.as_str()).collect::<Vec<_>>())
        .bind(drafts.iter().map(|draft| draft.user().as_str()).collect::<Vec<_>>())
        .bind(drafts.iter().map(|draft| to_column(draft.event_time)).collect::<Vec<_>>())
        .bind(drafts.iter().map(|draft| to_column(draft.expires_at)).collect::<Vec<_>>())
        .bind(to_column(run.now))
        .bind(to_column(run.available_at))
        .bind(room)
        .execute(&mut transaction)
        .await?
        .rows_affected();
    let findings = drafts.iter().zip(&ids).flat_map(|(draft, id)| draft.findings.iter().map(move |found| (id, found)));
    let (mut of, mut alerts, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (alert, record)) in findings {
        of.push(id.as_str());
        alerts.push(alert.to_string());
        records.push(record.as_slice());
    }
    let append = sqlx::query(include_str!("sql/append_notification_findings.sql")).bind(of).bind(alerts).bind(records);
    append.execute(&mut transaction).await?;
    let complete: Vec<_> =
        drafts.iter().zip(&ids).filter(|(draft, _)| draft.is_complete).map(|(_, id)| id.as_str()).collect();
    let complete = sqlx::query(include_str!("sql/complete_notifications.sql")).bind(complete).bind(to_column(run.now));
    complete.execute(&mut transaction).await?;
    transaction.commit().await?;
    let distinct = ids.iter().collect::<BTreeSet<_>>().len() as u64;
    let new = distinct.saturating_sub(known.unsigned_abs());
    Ok(EnqueueReport { queued, dropped: new.saturating_sub(queued) })
}

async fn lease(connection: &mut PgConnection, request: &LeaseRequest) -> sqlx::Result<Vec<LeasedNotification>> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let leased: Vec<LeasedRow> = sqlx::query_as(include_str!("sql/lease_notifications.sql"))
        .bind(to_column(request.scope.now))
        .bind(i64::from(request.scope.max_attempts))
        .bind(tenants(&request.scope.tenants))
        .bind(i64::from(request.limit))
        .bind(&request.lease)
        .bind(to_column(request.until))
        .fetch_all(&mut transaction)
        .await?;
    let ids: Vec<_> = leased.iter().map(|(id, ..)| id.as_str()).collect();
    let findings: Vec<(String, Vec<u8>)> = sqlx::query_as(include_str!("sql/read_notification_findings.sql"))
        .bind(ids)
        .fetch_all(&mut transaction)
        .await?;
    transaction.commit().await?;
    Ok(group_findings(leased, findings))
}

async fn acknowledge(connection: &mut PgConnection, held: &HeldNotifications) -> sqlx::Result<Vec<NotificationId>> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let ids: Vec<_> = held.ids.iter().map(ToString::to_string).collect();
    let acknowledged: Vec<String> = sqlx::query_scalar(include_str!("sql/acknowledge_notifications.sql"))
        .bind(&ids)
        .bind(&held.lease)
        .bind(to_column(held.now))
        .fetch_all(&mut transaction)
        .await?;
    let remove = sqlx::query("DELETE FROM notification_findings WHERE notification_id = ANY ($1)").bind(&acknowledged);
    remove.execute(&mut transaction).await?;
    transaction.commit().await?;
    Ok(parse_ids(&acknowledged))
}

async fn extend(
    connection: &mut PgConnection,
    held: &HeldNotifications,
    until: UnixMillis,
) -> sqlx::Result<Vec<NotificationId>> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let ids: Vec<_> = held.ids.iter().map(ToString::to_string).collect();
    let extended: Vec<String> = sqlx::query_scalar(include_str!("sql/extend_notifications.sql"))
        .bind(&ids)
        .bind(&held.lease)
        .bind(to_column(held.now))
        .bind(to_column(until))
        .fetch_all(&mut transaction)
        .await?;
    transaction.commit().await?;
    Ok(parse_ids(&extended))
}

async fn count(connection: &mut PgConnection, scope: &QueueScope) -> sqlx::Result<NotificationQueueStats> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let counts = sqlx::query_as(include_str!("sql/count_notifications.sql"))
        .bind(to_column(scope.now))
        .bind(i64::from(scope.max_attempts))
        .bind(tenants(&scope.tenants))
        .fetch_one(&mut transaction)
        .await?;
    transaction.commit().await?;
    Ok(to_stats(counts))
}

async fn dead(connection: &mut PgConnection, scope: &QueueScope, limit: u32) -> sqlx::Result<Vec<DeadNotification>> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let rows = sqlx::query_as(include_str!("sql/dead_notifications.sql"))
        .bind(to_column(scope.now))
        .bind(i64::from(scope.max_attempts))
        .bind(tenants(&scope.tenants))
        .bind(i64::from(limit))
        .fetch_all(&mut transaction)
        .await?;
    transaction.commit().await?;
    Ok(rows.into_iter().filter_map(to_dead).collect())
}

async fn requeue(
    connection: &mut PgConnection,
    scope: &QueueScope,
    ids: Option<&[NotificationId]>,
    limit: u32,
) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let requeued = sqlx::query(include_str!("sql/requeue_notifications.sql"))
        .bind(to_column(scope.now))
        .bind(i64::from(scope.max_attempts))
        .bind(tenants(&scope.tenants))
        .bind(ids.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>()))
        .bind(i64::from(limit))
        .execute(&mut transaction)
        .await?;
    transaction.commit().await?;
    Ok(requeued.rows_affected())
}

async fn remove_expired(connection: &mut PgConnection, now: UnixMillis, limit: u32) -> sqlx::Result<u64> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let removed: Vec<(String, bool)> = sqlx::query_as(include_str!("sql/remove_expired_notifications.sql"))
        .bind(to_column(now))
        .bind(i64::from(limit))
        .fetch_all(&mut transaction)
        .await?;
    let ids: Vec<_> = removed.iter().map(|(id, _)| id.as_str()).collect();
    let remove = sqlx::query("DELETE FROM notification_findings WHERE notification_id = ANY ($1)").bind(ids);
    remove.execute(&mut transaction).await?;
    transaction.commit().await?;
    Ok(removed.iter().filter(|(_, acknowledged)| !acknowledged).count() as u64)
}

/// Returns the names of the tenants; `None` for all.
fn tenants(filter: &TenantFilter) -> Option<Vec<&str>> {
    filter.as_ref().map(|tenants| tenants.iter().map(TenantId::as_str).collect())
}
