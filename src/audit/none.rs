//! Audit that stores nothing.

use async_trait::async_trait;

use super::{
    AlertArchive, AppendReport, AuditBinding, AuditError, AuditHistory, BoundAudit, CallerLog, DeadLetter,
    DeadLetterPosition, DeliveryRecord, EnqueueReport, EnqueueRun, ErasureReport, EventLog, HeldNotifications,
    LeaseRequest, MaintenanceReport, MaintenanceRun, NotificationQueue, QueueScope, StoredEndpoint, WebhookEdit,
    WebhookLease, WebhookLog, WebhookProgress,
};
use crate::{
    domain::{
        Bucket, CredentialUse, Event, Owner, RefusedCalls, TenantId, UnixMillis,
        alert::AlertId,
        notification::{
            DeadNotification, LeasedNotification, NotificationDraft, NotificationId, NotificationQueueStats,
        },
        search::{
            AlertListPosition, AlertSearch, AuditEvent, AuditedSession, EventPosition, EventSearch, ListedAlert,
            PageRequest, RecordedEvents, RecordingPosition, RecordingRange, SessionPosition, SessionSearch,
            SessionStats, StatsQuery, TenantSearch, TenantSummary,
        },
        webhook::{QueuedMessage, WebhookChangeEvent, WebhookName},
    },
    store::{AlertPosition, BindingId, KnownCheckpoints, SeenClient, StreamedAlert, Touch},
};

/// An event log that accepts every event and stores none, for installations with `audit.url = "none"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEventLog;

#[async_trait]
impl EventLog for NoEventLog {
    fn engine(&self) -> &'static str {
        "none"
    }

    async fn append(&self, _: &[Event]) -> Result<AppendReport, AuditError> {
        Ok(AppendReport::default())
    }

    async fn dead_letter(&self, _: &DeadLetter) -> Result<(), AuditError> {
        Ok(())
    }

    async fn refresh(&self, _: &[Touch]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn refresh_clients(&self, _: &[SeenClient]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn erase_user(&self, _: &Owner, _: UnixMillis) -> Result<ErasureReport, AuditError> {
        Ok(ErasureReport::default())
    }

    async fn run_maintenance(&self, _: MaintenanceRun) -> Result<MaintenanceReport, AuditError> {
        Ok(MaintenanceReport::default())
    }

    async fn ready(&self) -> Result<(), AuditError> {
        Ok(())
    }

    async fn close(&self) {}
}

#[async_trait]
impl BoundAudit for NoEventLog {
    async fn binding(&self) -> Result<AuditBinding, AuditError> {
        Ok(AuditBinding::default())
    }

    async fn bind(&self, _: BindingId) -> Result<(), AuditError> {
        Ok(())
    }

    async fn rebind(&self, _: BindingId) -> Result<(), AuditError> {
        Ok(())
    }

    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError> {
        Ok(KnownCheckpoints::new())
    }

    async fn record_checkpoint(&self, _: Bucket, _: Option<UnixMillis>, _: UnixMillis) -> Result<(), AuditError> {
        Ok(())
    }
}

#[async_trait]
impl AuditHistory for NoEventLog {
    async fn search_sessions(
        &self,
        _: &SessionSearch,
        _: PageRequest<SessionPosition>,
    ) -> Result<Vec<AuditedSession>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn count_sessions(&self, _: &SessionSearch) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_events(&self, _: &EventSearch, _: PageRequest<EventPosition>) -> Result<Vec<AuditEvent>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_recorded(
        &self,
        _: &EventSearch,
        _: RecordingRange,
        _: PageRequest<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn stats(&self, _: &StatsQuery) -> Result<SessionStats, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_alerts(
        &self,
        _: &AlertSearch,
        _: PageRequest<AlertListPosition>,
    ) -> Result<Vec<ListedAlert>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_tenants(&self, _: &TenantSearch, _: PageRequest<TenantId>) -> Result<Vec<TenantSummary>, AuditError> {
        Err(AuditError::Disabled)
    }
}

#[async_trait]
impl CallerLog for NoEventLog {
    async fn append_refused_calls(&self, _: &[RefusedCalls]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn record_credential_uses(&self, _: &[CredentialUse]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn credential_uses(&self) -> Result<Vec<CredentialUse>, AuditError> {
        Err(AuditError::Disabled)
    }
}

#[async_trait]
impl WebhookLog for NoEventLog {
    async fn endpoints(&self) -> Result<Vec<StoredEndpoint>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn progress(&self) -> Result<Vec<WebhookProgress>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn edit(&self, _: &WebhookEdit, _: &WebhookChangeEvent) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn register(&self, _: &WebhookName, _: UnixMillis) -> Result<(), AuditError> {
        Err(AuditError::Disabled)
    }

    async fn claim(
        &self,
        _: &WebhookLease,
        _: UnixMillis,
        _: UnixMillis,
    ) -> Result<Option<WebhookProgress>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn release(&self, _: &WebhookLease) -> Result<(), AuditError> {
        Ok(())
    }

    async fn due(&self, _: &WebhookName, _: UnixMillis, _: u32) -> Result<Vec<QueuedMessage>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn record(&self, _: &WebhookLease, _: &DeliveryRecord) -> Result<bool, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn dead_letters(
        &self,
        _: Option<&WebhookName>,
        _: &DeadLetterPosition,
        _: u32,
    ) -> Result<Vec<QueuedMessage>, AuditError> {
        Err(AuditError::Disabled)
    }
}

#[async_trait]
impl AlertArchive for NoEventLog {
    async fn archive(&self, _: &[StreamedAlert]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        Ok(None)
    }

    async fn find(&self, _: AlertId) -> Result<Option<StreamedAlert>, AuditError> {
        Ok(None)
    }

    async fn read(&self, _: AlertPosition, _: AlertPosition, _: usize) -> Result<Vec<StreamedAlert>, AuditError> {
        Ok(Vec::new())
    }

    async fn read_tenants(
        &self,
        _: &[TenantId],
        _: AlertPosition,
        _: AlertPosition,
        _: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl NotificationQueue for NoEventLog {
    async fn enqueue(&self, _: &[NotificationDraft], _: EnqueueRun) -> Result<EnqueueReport, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn lease(&self, _: &LeaseRequest) -> Result<Vec<LeasedNotification>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn acknowledge(&self, _: &HeldNotifications) -> Result<Vec<NotificationId>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn extend(&self, _: &HeldNotifications, _: UnixMillis) -> Result<Vec<NotificationId>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn count(&self, _: &QueueScope) -> Result<NotificationQueueStats, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn dead(&self, _: &QueueScope, _: u32) -> Result<Vec<DeadNotification>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn requeue(&self, _: &QueueScope, _: Option<&[NotificationId]>, _: u32) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn remove_expired(&self, _: UnixMillis, _: u32) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }
}
