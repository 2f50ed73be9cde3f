//! The background work on the queue of notifications.

use std::{sync::Arc, time::Duration};

use crate::{
    authority::NotificationDispatcher, lifecycle::TaskGroup, notifications::NotificationFeeder, telemetry::Metrics,
};

/// The interval at which expired notifications are removed and the queue is counted.
const INTERVAL: Duration = Duration::from_secs(15);
/// The same while notifications are disabled, and only earlier ones may be left.
const DISABLED_INTERVAL: Duration = Duration::from_hours(1);

/// The parts of a node that work on the queue of notifications.
pub(super) struct NotificationTasks {
    pub(super) feeder: Arc<NotificationFeeder>,
    pub(super) dispatcher: Arc<NotificationDispatcher>,
    pub(super) is_enabled: bool,
}

impl NotificationTasks {
    /// Starts the removal of expired notifications and the metrics of the queue. Every node does both.
    pub(super) fn spawn(&self, tasks: &TaskGroup, metrics: Arc<Metrics>) {
        let (feeder, dispatcher, is_enabled) =
            (Arc::clone(&self.feeder), Arc::clone(&self.dispatcher), self.is_enabled);
        let interval = if is_enabled { INTERVAL } else { DISABLED_INTERVAL };
        tasks.spawn_periodic("notifications", interval, move || {
            run_maintenance(Arc::clone(&feeder), Arc::clone(&dispatcher), Arc::clone(&metrics), is_enabled)
        });
    }
}

/// Removes expired notifications and exports the state of the queue.
async fn run_maintenance(
    feeder: Arc<NotificationFeeder>,
    dispatcher: Arc<NotificationDispatcher>,
    metrics: Arc<Metrics>,
    is_enabled: bool,
) {
    match dispatcher.run_maintenance().await {
        Ok((stats, now)) => metrics.record_notification_queue(&stats, now),
        Err(error) if is_enabled => tracing::warn!(?error, "failed to count the queue of notifications; retrying"),
        Err(error) => tracing::debug!(?error, "failed to remove expired notifications; retrying in an hour"),
    }
    metrics.record_notifications(feeder.counts(), dispatcher.counts());
}
