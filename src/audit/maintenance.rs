//! Seeing to it that the audit database has room for what comes, and lets go of what is too old.

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

/// How often it is done, and how soon again after a failure that may pass.
const INTERVAL: Duration = Duration::from_hours(1);
const RETRY_INTERVAL: Duration = Duration::from_mins(1);
/// Steps of one turn at most, with a rest in between: a database that was neglected is not kept busy for hours.
const MAX_STEPS: u32 = 1_000;
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// How long after its absolute deadline a session is ended whose end nobody told: what happened may wait in an outbox.
pub(super) const LOST_END_GRACE: Duration = Duration::from_hours(24);

/// Does the housekeeping of an event log, again and again. Several nodes may.
pub struct Maintenance {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    retention: Duration,
    /// Whether an operator has stated that the clock is right. Holds for the first turn.
    accept_clock: bool,
    /// When this process last carried out a turn.
    last: Mutex<Option<ClockInstant>>,
    status: watch::Sender<MaintenanceStatus>,
}

/// How the housekeeping is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceStatus {
    /// When it was done last, by this node.
    pub completed_at: Option<UnixMillis>,
    /// Set while it fails.
    pub failure: Option<OngoingFailure>,
    /// How far the clock is ahead of what the database knows, while that stops maintenance; else zero.
    pub clock_ahead: Duration,
}

impl Maintenance {
    /// What is older than `retention` is removed.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, retention: Duration) -> Self {
        Self { log, clock, retention, accept_clock: false, last: Mutex::default(), status: watch::Sender::default() }
    }

    /// Has the first turn accept the clock, however far it is ahead of what the database has stored.
    #[must_use]
    pub fn with_accepted_clock(self, accept_clock: bool) -> Self {
        Self { accept_clock, ..self }
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<MaintenanceStatus> {
        self.status.subscribe()
    }

    /// One turn. Answers what was done by all of its steps; [`MaintenanceReport::has_more`]: not everything.
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

    /// A turn at once and every hour, until it is told to stop, which cuts a turn short: the next one goes on.
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

    /// Says once that it fails, and once that it does not any more.
    fn record_outcome(&self, outcome: Result<MaintenanceReport, AuditError>) {
        let now = self.clock.now();
        let before = self.status.borrow().failure.clone();
        match (&before, &outcome) {
            (None, Err(error @ AuditError::ClockAhead { .. })) => {
                tracing::error!(%error, "nothing is deleted from the audit database until its maintenance goes on");
            }
            (None, Err(error)) => {
                tracing::warn!(%error, "the upkeep of the audit database fails; events are kept all the same");
            }
            (Some(_), Ok(_)) => tracing::info!("the upkeep of the audit database is done again"),
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
