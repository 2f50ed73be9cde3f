//! The queue of notifications in SQLite.

use async_trait::async_trait;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::{SqliteEventLog, finish, forget::load_marks, refusal_as_unavailable};
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

/// Selects the number of notifications that are not acknowledged, up to a number.
const COUNT_WAITING: &str =
    "SELECT count(*) FROM (SELECT 1 FROM notifications WHERE NOT acknowledged LIMIT ?1) AS waiting";

#[async_trait]
impl NotificationQueue for SqliteEventLog {
    async fn enqueue(&self, drafts: &[NotificationDraft], run: EnqueueRun) -> Result<EnqueueReport, AuditError> {
        let during = "queuing notifications";
        let mut transaction = self.begin(during).await?;
        let outcome = enqueue(&mut transaction, drafts, run).await;
        finish(transaction, during, outcome).await
    }

    async fn lease(&self, request: &LeaseRequest) -> Result<Vec<LeasedNotification>, AuditError> {
        let during = "leasing notifications";
        let mut transaction = self.begin(during).await?;
        let outcome = lease(&mut transaction, request).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn acknowledge(&self, held: &HeldNotifications) -> Result<Vec<NotificationId>, AuditError> {
        let during = "acknowledging notifications";
        let mut transaction = self.begin(during).await?;
        let outcome = acknowledge(&mut transaction, held).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }

    async fn extend(&self, held: &HeldNotifications, until: UnixMillis) -> Result<Vec<NotificationId>, AuditError> {
        let extended: sqlx::Result<Vec<String>> = sqlx::query_scalar(include_str!("sql/extend_notifications.sql"))
            .bind(list(&held.ids))
            .bind(&held.lease)
            .bind(to_column(held.now))
            .bind(to_column(until))
            .fetch_all(&self.pool)
            .await;
        let extended = extended.map_err(|error| AuditError::unavailable("extending a lease", error))?;
        Ok(parse_ids(&extended))
    }

    async fn count(&self, scope: &QueueScope) -> Result<NotificationQueueStats, AuditError> {
        let counts = sqlx::query_as(include_str!("sql/count_notifications.sql"))
            .bind(to_column(scope.now))
            .bind(i64::from(scope.max_attempts))
            .bind(tenants(&scope.tenants))
            .fetch_one(&self.pool)
            .await;
        counts.map(to_stats).map_err(|error| AuditError::unavailable("counting notifications", error))
    }

    async fn dead(&self, scope: &QueueScope, limit: u32) -> Result<Vec<DeadNotification>, AuditError> {
        let rows = sqlx::query_as(include_str!("sql/dead_notifications.sql"))
            .bind(to_column(scope.now))
            .bind(i64::from(scope.max_attempts))
            .bind(tenants(&scope.tenants))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await;
        let rows = rows.map_err(|error| AuditError::unavailable("listing dead notifications", error))?;
        Ok(rows.into_iter().filter_map(to_dead).collect())
    }

    async fn requeue(&self, scope: &QueueScope, ids: Option<&[NotificationId]>, limit: u32) -> Result<u64, AuditError> {
        let requeued = sqlx::query(include_str!("sql/requeue_notifications.sql"))
            .bind(to_column(scope.now))
            .bind(i64::from(scope.max_attempts))
            .bind(tenants(&scope.tenants))
            .bind(ids.map(list))
            .bind(i64::from(limit))
            .execute(&self.pool)
            .await;
        let requeued = requeued.map_err(|error| AuditError::unavailable("requeuing notifications", error))?;
        Ok(requeued.rows_affected())
    }

    async fn remove_expired(&self, now: UnixMillis, limit: u32) -> Result<u64, AuditError> {
        let during = "removing expired notifications";
        let mut transaction = self.begin(during).await?;
        let outcome = remove_expired(&mut transaction, now, limit).await;
        finish(transaction, during, outcome).await.map_err(|error| refusal_as_unavailable(during, error))
    }
}

/// Queues notifications. Must be called in a transaction.
async fn enqueue(
    connection: &mut SqliteConnection,
    drafts: &[NotificationDraft],
    run: EnqueueRun,
) -> sqlx::Result<EnqueueReport> {
    let marks = load_marks(connection, drafts.iter().map(|draft| &draft.owner)).await?;
    let waiting: i64 =
        sqlx::query_scalar(COUNT_WAITING).bind(i64::from(run.capacity)).fetch_one(&mut *connection).await?;
    let mut room = u64::from(run.capacity).saturating_sub(waiting.unsigned_abs());
    let mut report = EnqueueReport::default();
    for draft in drafts.iter().filter(|draft| !marks.covers(&digest(&draft.owner), draft.event_time)) {
        let id = draft.id.to_string();
        let known = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM notifications WHERE notification_id = ?1)");
        if !known.bind(&id).fetch_one(&mut *connection).await? {
            if room == 0 {
                report.dropped += 1;
                continue;
            }
            room -= 1;
            report.queued += 1;
            sqlx::query(include_str!("sql/append_notification.sql"))
                .bind(&id)
                .bind(draft.owner.tenant.as_str())
                .bind(draft.user().as_str())
                .bind(to_column(draft.event_time))
                .bind(to_column(draft.expires_at))
                .bind(to_column(run.now))
                .bind(to_column(run.available_at))
                .execute(&mut *connection)
                .await?;
        }
        for (alert, record) in &draft.findings {
            let append = sqlx::query(include_str!("sql/append_notification_finding.sql")).bind(&id);
            append.bind(alert.to_string()).bind(record).execute(&mut *connection).await?;
        }
        if draft.is_complete {
            let complete = sqlx::query(include_str!("sql/complete_notification.sql")).bind(&id);
            complete.bind(to_column(run.now)).execute(&mut *connection).await?;
        }
    }
    Ok(report)
}

/// Leases notifications. Must be called in a transaction.
async fn lease(connection: &mut SqliteConnection, request: &LeaseRequest) -> sqlx::Result<Vec<LeasedNotification>> {
    let leased: Vec<LeasedRow> = sqlx::query_as(include_str!("sql/lease_notifications.sql"))
        .bind(to_column(request.scope.now))
        .bind(i64::from(request.scope.max_attempts))
        .bind(tenants(&request.scope.tenants))
        .bind(i64::from(request.limit))
        .bind(&request.lease)
        .bind(to_column(request.until))
        .fetch_all(&mut *connection)
        .await?;
    let ids: Value = leased.iter().map(|(id, ..)| id.as_str()).collect();
    let findings = sqlx::query_as(include_str!("sql/read_notification_findings.sql")).bind(ids.to_string());
    Ok(group_findings(leased, findings.fetch_all(connection).await?))
}

/// Acknowledges notifications. Must be called in a transaction.
async fn acknowledge(connection: &mut SqliteConnection, held: &HeldNotifications) -> sqlx::Result<Vec<NotificationId>> {
    let acknowledged: Vec<String> = sqlx::query_scalar(include_str!("sql/acknowledge_notifications.sql"))
        .bind(list(&held.ids))
        .bind(&held.lease)
        .bind(to_column(held.now))
        .fetch_all(&mut *connection)
        .await?;
    remove_findings(connection, acknowledged.iter().map(String::as_str)).await?;
    Ok(parse_ids(&acknowledged))
}

/// Removes expired notifications. Must be called in a transaction.
async fn remove_expired(connection: &mut SqliteConnection, now: UnixMillis, limit: u32) -> sqlx::Result<u64> {
    let removed: Vec<(String, bool)> = sqlx::query_as(include_str!("sql/remove_expired_notifications.sql"))
        .bind(to_column(now))
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await?;
    remove_findings(connection, removed.iter().map(|(id, _)| id.as_str())).await?;
    Ok(removed.iter().filter(|(_, acknowledged)| !acknowledged).count() as u64)
}

async fn remove_findings(
    connection: &mut SqliteConnection,
    notifications: impl Iterator<Item = &str>,
) -> sqlx::Result<()> {
    let ids: Value = notifications.collect();
    let remove = sqlx::query(include_str!("sql/remove_notification_findings.sql")).bind(ids.to_string());
    remove.execute(connection).await.map(drop)
}

/// Returns the IDs as a JSON array.
fn list(ids: &[NotificationId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Value>().to_string()
}

/// Returns the names of the tenants as a JSON array; `None` for all.
fn tenants(filter: &TenantFilter) -> Option<String> {
    let tenants = filter.as_ref()?;
    Some(tenants.iter().map(TenantId::as_str).collect::<Value>().to_string())
}
