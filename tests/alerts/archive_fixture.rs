//! An archive that can be made unavailable, and archivers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use session_authority::{
    alerts::{AlertArchiver, ArchiverStatus, FeedStatus},
    audit::{self, AlertArchive, AuditDatabase, AuditError, NotificationQueue},
    clock::{ManualClock, SystemClock},
    domain::{Owner, TenantId, alert::AlertId},
    lifecycle::TaskGroup,
    notifications::NotificationFeeder,
    store::{AlertPosition, AlertStream, StreamedAlert},
};
use tempfile::TempDir;
use tokio::sync::watch;

use super::fixture::within;
use crate::{conformance::users::NOW, support::postgres::PostgresServer};

/// The archive of an audit database that belongs to one case.
pub struct ArchiveFixture {
    database: AuditDatabase,
    /// Every request fails while it is set.
    unavailable: AtomicBool,
    /// The response to a write is lost while it is set, as when the connection breaks.
    pub loses_replies: AtomicBool,
    /// Number of reads of all tenants.
    pub reads: AtomicUsize,
    /// Number of rows that were read for some tenants.
    pub tenant_rows: AtomicUsize,
    _directory: Option<TempDir>,
}

impl ArchiveFixture {
    pub async fn postgres() -> Arc<Self> {
        Self::open(PostgresServer::shared().await.database().await, None).await
    }

    pub async fn sqlite() -> Arc<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        Self::open(format!("sqlite://{}", directory.path().join("audit.db").display()), Some(directory)).await
    }

    async fn open(url: String, directory: Option<TempDir>) -> Arc<Self> {
        let database = audit::open(&url, true).await.expect("an audit database");
        Arc::new(Self {
            database,
            unavailable: false.into(),
            loses_replies: false.into(),
            reads: 0.into(),
            tenant_rows: 0.into(),
            _directory: directory,
        })
    }

    /// Erases a user at a time that is not before any alert.
    pub async fn forget(&self, owner: &Owner) {
        self.database.log.erase_user(owner, NOW).await.expect("forgotten");
    }

    /// Returns all archived alerts by ID; `None` where only the position is left.
    pub async fn all(&self) -> Vec<Option<AlertId>> {
        let end = AlertPosition { major: u64::MAX, minor: u64::MAX };
        let alerts = self.database.alerts.read(AlertPosition::START, end, 10_000).await.expect("alerts");
        alerts.into_iter().map(|streamed| streamed.alert.ok().map(|alert| alert.id)).collect()
    }

    /// Returns the queue of notifications in the same database.
    pub fn notifications(&self) -> Arc<dyn NotificationQueue> {
        Arc::clone(&self.database.notifications)
    }

    pub fn set_unavailable(&self, unavailable: bool) {
        self.unavailable.store(unavailable, Ordering::SeqCst);
    }

    fn check_available(&self) -> Result<(), AuditError> {
        if self.unavailable.load(Ordering::SeqCst) { Err(unavailable_error()) } else { Ok(()) }
    }
}

fn unavailable_error() -> AuditError {
    AuditError::Unavailable { during: "a test", source: "unavailable in this test".into() }
}

#[async_trait]
impl AlertArchive for ArchiveFixture {
    async fn archive(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        self.check_available()?;
        self.database.alerts.archive(alerts).await?;
        if self.loses_replies.load(Ordering::SeqCst) { Err(unavailable_error()) } else { Ok(()) }
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        self.check_available()?;
        self.database.alerts.newest().await
    }

    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, AuditError> {
        self.check_available()?;
        self.database.alerts.find(id).await
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        self.check_available()?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.database.alerts.read(after, up_to, limit).await
    }

    async fn read_tenants(
        &self,
        tenants: &[TenantId],
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        self.check_available()?;
        let read = self.database.alerts.read_tenants(tenants, after, up_to, limit).await?;
        self.tenant_rows.fetch_add(read.len(), Ordering::SeqCst);
        Ok(read)
    }
}

pub struct RunningArchiver {
    pub status: watch::Receiver<ArchiverStatus>,
    tasks: TaskGroup,
    _heard: watch::Sender<FeedStatus>,
}

impl RunningArchiver {
    pub fn start(stream: Arc<dyn AlertStream>, archive: Arc<dyn AlertArchive>) -> Self {
        Self::run(AlertArchiver::new(stream, archive, Arc::new(SystemClock)))
    }

    /// Starts an archiver that also queues notifications, at the time of the alerts.
    pub fn start_with_notifications(
        stream: Arc<dyn AlertStream>,
        archive: Arc<dyn AlertArchive>,
        feeder: Arc<NotificationFeeder>,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        Self::run(AlertArchiver::new(stream, archive, clock).with_notifications(feeder))
    }

    fn run(archiver: AlertArchiver) -> Self {
        let (status, tasks, heard) = (archiver.status(), TaskGroup::new(), watch::Sender::default());
        tasks.spawn("archiver", archiver.run(heard.subscribe(), tasks.stop_token()));
        Self { status, tasks, _heard: heard }
    }

    pub async fn wait_until_archived(&mut self, newest: AlertPosition) {
        let has = self.status.wait_for(|status| status.archived_up_to == Some(newest));
        within("all is archived", has).await.expect("an archiver");
    }

    pub async fn wait_for_failure(&mut self) {
        let fails = self.status.wait_for(|status| status.failure.is_some());
        within("it fails", fails).await.expect("an archiver");
    }

    pub async fn stop(self) {
        assert!(self.tasks.stop(Duration::from_secs(10)).await);
    }
}
