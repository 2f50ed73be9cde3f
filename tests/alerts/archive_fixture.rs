//! An archive that can be away, and archivers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use session_authority::{
    alerts::{Archiver, ArchiverStatus, FeedStatus},
    audit::{self, AlertArchive, AuditDatabase, AuditError},
    clock::SystemClock,
    domain::{Owner, TenantId, alert::AlertId},
    lifecycle::Tasks,
    store::{AlertPosition, AlertStream, StreamedAlert},
};
use tempfile::TempDir;
use tokio::sync::watch;

use super::fixture::within;
use crate::{conformance::people::NOW, support::postgres::PostgresServer};

/// The archive of an audit database of the case's own.
pub struct Archive {
    database: AuditDatabase,
    /// Nothing is answered while it is set.
    away: AtomicBool,
    /// What is kept is not answered, as when the connection breaks.
    pub mute: AtomicBool,
    /// Times that everything was read, whoever's it is.
    pub reads: AtomicUsize,
    /// Rows that were read for some tenants.
    pub tenant_rows: AtomicUsize,
    _directory: Option<TempDir>,
}

impl Archive {
    pub async fn postgres() -> Arc<Self> {
        Self::at(PostgresServer::shared().await.database().await, None).await
    }

    pub async fn sqlite() -> Arc<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        Self::at(format!("sqlite://{}", directory.path().join("audit.db").display()), Some(directory)).await
    }

    async fn at(url: String, directory: Option<TempDir>) -> Arc<Self> {
        let database = audit::open(&url, true).await.expect("an audit database");
        Arc::new(Self {
            database,
            away: false.into(),
            mute: false.into(),
            reads: 0.into(),
            tenant_rows: 0.into(),
            _directory: directory,
        })
    }

    /// Forgets a user at a time that no alert is later than.
    pub async fn forget(&self, owner: &Owner) {
        self.database.log.forget(owner, NOW).await.expect("forgotten");
    }

    /// All that it has, by id; `None` where only the place is left.
    pub async fn all(&self) -> Vec<Option<AlertId>> {
        let end = AlertPosition { major: u64::MAX, minor: u64::MAX };
        let alerts = self.database.alerts.read(AlertPosition::START, end, 10_000).await.expect("alerts");
        alerts.into_iter().map(|streamed| streamed.alert.ok().map(|alert| alert.id)).collect()
    }

    pub fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn answer(&self) -> Result<(), AuditError> {
        if self.away.load(Ordering::SeqCst) { Err(gone()) } else { Ok(()) }
    }
}

fn gone() -> AuditError {
    AuditError::Unavailable { during: "a test", source: "it is away".into() }
}

#[async_trait]
impl AlertArchive for Archive {
    async fn keep(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError> {
        self.answer()?;
        self.database.alerts.keep(alerts).await?;
        if self.mute.load(Ordering::SeqCst) { Err(gone()) } else { Ok(()) }
    }

    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError> {
        self.answer()?;
        self.database.alerts.newest().await
    }

    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        self.answer()?;
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
        self.answer()?;
        let read = self.database.alerts.read_tenants(tenants, after, up_to, limit).await?;
        self.tenant_rows.fetch_add(read.len(), Ordering::SeqCst);
        Ok(read)
    }
}

pub struct RunningArchiver {
    pub status: watch::Receiver<ArchiverStatus>,
    tasks: Tasks,
    _heard: watch::Sender<FeedStatus>,
}

impl RunningArchiver {
    pub fn start(stream: Arc<dyn AlertStream>, archive: Arc<dyn AlertArchive>) -> Self {
        let archiver = Archiver::new(stream, archive, Arc::new(SystemClock));
        let (status, tasks, heard) = (archiver.status(), Tasks::new(), watch::Sender::default());
        tasks.spawn("archiver", archiver.run(heard.subscribe(), tasks.token()));
        Self { status, tasks, _heard: heard }
    }

    pub async fn has(&mut self, newest: AlertPosition) {
        let has = self.status.wait_for(|status| status.archived == Some(newest));
        within("all is archived", has).await.expect("an archiver");
    }

    pub async fn fails(&mut self) {
        let fails = self.status.wait_for(|status| status.failure.is_some());
        within("it fails", fails).await.expect("an archiver");
    }

    pub async fn stop(self) {
        assert!(self.tasks.stop(Duration::from_secs(10)).await);
    }
}
