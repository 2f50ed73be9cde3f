//! Maintenance of the audit database: makes room for new events, and removes those beyond their retention.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{AuditError, EventLog, MaintenanceReport, MaintenanceRun, OngoingFailure};
use crate::{
    clock::Clock,
    domain::{UnixMillis, time::ClockInstant},
};

/// Interval of the runs, and of retries after a temporary failure.
const INTERVAL: Duration = Duration::from_hours(1);
const RETRY_INTERVAL: Duration = Duration::from_mins(1);
/// Maximum number of steps in one run, and the pause between them: a database that was neglected is not kept busy for
/// hours.
const MAX_STEPS: u32 = 1_000;
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// Time after the absolute deadline at which a session without a recorded end is ended: its end may still wait in an
/// outbox.
pub(super) const LOST_END_GRACE: Duration = Duration::from_hours(24);

/// Runs the maintenance of an event log repeatedly. Several nodes may do so.
pub struct Maintenance {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    retention: Duration,
    /// Set if an operator has confirmed the clock. Applies to the first run.
    accept_clock: bool,
    /// The time of the last run of this process.
    last: Mutex<Option<ClockInstant>>,
    status: watch::Sender<MaintenanceStatus>,
}

/// The status of maintenance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceStatus {
    /// The time of the last successful run of this node.
    pub completed_at: Option<UnixMillis>,
    /// Set while it fails.
    pub failure: Option<OngoingFailure>,
    /// The time by which the clock is ahead of the database while that stops maintenance; otherwise zero.
    pub clock_ahead: Duration,
}

impl Maintenance {
    /// Creates the maintenance of `log`, which removes data older than `retention`.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, retention: Duration) -> Self {
        Self { log, clock, retention, accept_clock: false, last: Mutex::default(), status: watch::Sender::default() }
    }

    /// Makes the first run accept the clock, however far it is ahead of the stored times.
    #[must_use]
    pub fn with_accepted_clock(self, accept_clock: bool) -> Self {
        Self { accept_clock, ..self }
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<MaintenanceStatus> {
        self.status.subscribe()
    }

    /// Runs maintenance once. Returns the sum of all steps. [`MaintenanceReport::has_more`] means that work is left.
    pub async fn run_once(&self) -> Result<MaintenanceReport, AuditError> {
        let mut report = MaintenanceReport::default();
        for _ in 0..MAX_STEPS {
            let moment = self.clock.instant();
            let step = self.log.run_maintenance(self.next_run(moment)).await?;
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
            report = MaintenanceReport {
                partitions_created: report.partitions_created + step.partitions_created,
                removed: report.removed + step.removed,
                has_more: step.has_more,
            };
            if !step.has_more {
                break;
            }
            sleep(STEP_PAUSE).await;
        }
        Ok(report)
    }

    fn next_run(&self, moment: ClockInstant) -> MaintenanceRun {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let running_for = last.map_or(Duration::ZERO, |last| moment.since_boot.saturating_sub(last.since_boot));
        MaintenanceRun {
            since_last_run: running_for,
            accept_clock: self.accept_clock && last.is_none(),
            ..MaintenanceRun::new(moment.wall_clock, moment.wall_clock.minus(self.retention))
        }
    }

    /// Runs maintenance at once and every hour, until `stop` is cancelled. That interrupts a run; the next one
    /// continues.
    pub async fn run(self, stop: CancellationToken) {
        let turns = async {
            loop {
                let outcome = self.run_once().await;
                let pause = match &outcome {
                    Ok(_) | Err(AuditError::Forbidden { .. }) => INTERVAL,
                    Err(_) => RETRY_INTERVAL,
                };
                self.record_outcome(outcome);
                sleep(pause).await;
            }
        };
        stop.run_until_cancelled(turns).await;
    }

    /// Logs the first failure and the recovery, and updates the status.
    fn record_outcome(&self, outcome: Result<MaintenanceReport, AuditError>) {
        let now = self.clock.now();
        let before = self.status.borrow().failure.clone();
        match (&before, &outcome) {
            (None, Err(error @ AuditError::ClockAhead { .. })) => {
                tracing::error!(%error, "audit maintenance stopped; nothing is deleted until it resumes");
            }
            (None, Err(error)) => {
                tracing::warn!(%error, "audit maintenance failed; events are still recorded, retrying");
            }
            (Some(_), Ok(_)) => tracing::info!("audit maintenance succeeded again"),
            (None, Ok(_)) | (Some(_), Err(_)) => {}
        }
        self.status.send_modify(|status| match outcome {
            Ok(_) => *status = MaintenanceStatus { completed_at: Some(now), ..MaintenanceStatus::default() },
            Err(error) => {
                status.clock_ahead = match error {
                    AuditError::ClockAhead { ahead, .. } => ahead,
                    _ => Duration::ZERO,
                };
                status.failure = OngoingFailure::from_outcome(before.as_ref(), Some(&error), now);
            }
        });
    }
}
