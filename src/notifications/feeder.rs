use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{NotificationSettings, grouping::draft_notifications};
use crate::{
    audit::{AuditError, EnqueueRun, NotificationQueue},
    domain::UnixMillis,
    store::StreamedAlert,
};

/// The time for which a notification waits for further findings of its sign-in. They arrive together, unless a node
/// fails between them.
const GROUPING_TIME: Duration = Duration::from_secs(5);

/// Queues the notifications about alerts.
pub struct NotificationFeeder {
    queue: Arc<dyn NotificationQueue>,
    settings: NotificationSettings,
    queued: AtomicU64,
    dropped: AtomicU64,
}

/// The notifications that a node has queued since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeederCounts {
    pub queued: u64,
    /// The number of notifications for which the queue had no room, or that the database rejected.
    pub dropped: u64,
}

impl NotificationFeeder {
    #[must_use]
    pub fn new(queue: Arc<dyn NotificationQueue>, settings: NotificationSettings) -> Self {
        Self { queue, settings, queued: AtomicU64::new(0), dropped: AtomicU64::new(0) }
    }

    #[must_use]
    pub fn counts(&self) -> FeederCounts {
        FeederCounts { queued: self.queued.load(Ordering::Relaxed), dropped: self.dropped.load(Ordering::Relaxed) }
    }

    /// Queues the notifications about these alerts, each once however often the alerts are given. A failure concerns all
    /// of them. Notifications that the database rejects are logged and dropped, so that they do not stop the archive.
    pub async fn feed(&self, alerts: &[StreamedAlert], now: UnixMillis) -> Result<(), AuditError> {
        if !self.settings.enabled {
            return Ok(());
        }
        let drafts = draft_notifications(alerts, &self.settings, now);
        if drafts.is_empty() {
            return Ok(());
        }
        let (available_at, capacity) = (now.plus(GROUPING_TIME), self.settings.capacity);
        let (queued, dropped) = match self.queue.enqueue(&drafts, EnqueueRun { now, available_at, capacity }).await {
            Ok(report) => (report.queued, report.dropped),
            Err(AuditError::Refused { source }) => {
                tracing::error!(error = %source, "the audit database rejected notifications; they will not be sent");
                (0, drafts.len() as u64)
            }
            Err(error) => return Err(error),
        };
        if dropped > 0 {
            tracing::error!(dropped, "notifications were dropped; see notifications.max_queued and the log");
        }
        self.queued.fetch_add(queued, Ordering::Relaxed);
        self.dropped.fetch_add(dropped, Ordering::Relaxed);
        Ok(())
    }
}
