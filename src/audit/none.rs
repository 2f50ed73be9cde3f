//! No audit.

use async_trait::async_trait;

use super::{
    AlertArchive, Appended, AuditBinding, AuditError, BoundAudit, EventLog, Forgotten, History, Kept, MaintenanceTurn,
    RefusedEntry,
};
use crate::{
    domain::{
        Bucket, Event, Owner, TenantId, UnixMillis,
        search::{
            AuditEvent, EventPosition, EventSearch, Page, RecordedEvents, RecordingPosition, SessionEntry,
            SessionPosition, SessionSearch, Stats, StatsQuery,
        },
    },
    store::{AlertPosition, BindingId, KnownCheckpoints, StreamedAlert, Touch},
};

/// Takes every event and keeps none: for installations that chose `audit.url = "none"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEventLog;

#[async_trait]
impl EventLog for NoEventLog {
    fn engine(&self) -> &'static str {
        "none"
    }

    async fn append(&self, _: &[Event]) -> Result<Appended, AuditError> {
        Ok(Appended::default())
    }

    async fn set_aside(&self, _: &RefusedEntry) -> Result<(), AuditError> {
        Ok(())
    }

    async fn refresh(&self, _: &[Touch]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn forget(&self, _: &Owner, _: UnixMillis) -> Result<Forgotten, AuditError> {
        Ok(Forgotten::default())
    }

    async fn keep_house(&self, _: MaintenanceTurn) -> Result<Kept, AuditError> {
        Ok(Kept::default())
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
impl History for NoEventLog {
    async fn search_sessions(
        &self,
        _: &SessionSearch,
        _: Page<SessionPosition>,
    ) -> Result<Vec<SessionEntry>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn count_sessions(&self, _: &SessionSearch) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_events(&self, _: &EventSearch, _: Page<EventPosition>) -> Result<Vec<AuditEvent>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_recorded(
        &self,
        _: &EventSearch,
        _: Option<UnixMillis>,
        _: Page<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn stats(&self, _: &StatsQuery) -> Result<Stats, AuditError> {
        Err(AuditError::Disabled)
    }
}

#[async_trait]
impl AlertArchive for NoEventLog {
    async fn keep(&self, _: &[StreamedAlert]) -> Result<(), AuditError> {
        Ok(())
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
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
