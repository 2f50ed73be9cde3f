//! Seeing to it that the audit database has room for what comes, and lets go of what is too old.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{AuditError, EventLog, Failure, Kept, MaintenanceTurn};
use crate::{
    clock::Clock,
    domain::{UnixMillis, time::Moment},
};

/// How often it is done, and how soon again after a failure that may pass.
const EVERY: Duration = Duration::from_hours(1);
const AGAIN: Duration = Duration::from_mins(1);
/// Steps of one turn at most, with a rest in between: a database that was neglected is not kept busy for hours.
const STEPS: u32 = 1_000;
const REST: Duration = Duration::from_millis(100);

/// How long after its absolute deadline a session is ended whose end nobody told: what happened may wait in an outbox.
pub(super) const LATE: Duration = Duration::from_hours(24);

/// Does the housekeeping of an event log, again and again. Several nodes may.
pub struct Upkeep {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    retention: Duration,
    /// Whether an operator has stated that the clock is right. Holds for the first turn.
    accept_clock: bool,
    /// When this process last carried out a turn.
    last: Mutex<Option<Moment>>,
    status: watch::Sender<UpkeepStatus>,
}

/// How the housekeeping is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpkeepStatus {
    /// When it was done last, by this node.
    pub done: Option<UnixMillis>,
    /// Set while it fails.
    pub failure: Option<Failure>,
    /// How far the clock is ahead of what the database knows, while that stops maintenance; else zero.
    pub clock_ahead: Duration,
}

impl Upkeep {
    /// What is older than `retention` is removed.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, retention: Duration) -> Self {
        Self { log, clock, retention, accept_clock: false, last: Mutex::default(), status: watch::Sender::default() }
    }

    /// Has the first turn accept the clock, however far it is ahead of what the database has stored.
    #[must_use]
    pub fn accepting_clock(self, accept_clock: bool) -> Self {
        Self { accept_clock, ..self }
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<UpkeepStatus> {
        self.status.subscribe()
    }

    /// One turn. Answers what was done by all of its steps; [`Kept::more`]: not everything.
    pub async fn once(&self) -> Result<Kept, AuditError> {
        let mut kept = Kept::default();
        for _ in 0..STEPS {
            let moment = self.clock.moment();
            let step = self.log.keep_house(self.turn(moment)).await?;
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
            kept = Kept { made: kept.made + step.made, removed: kept.removed + step.removed, more: step.more };
            if !step.more {
                break;
            }
            sleep(REST).await;
        }
        Ok(kept)
    }

    fn turn(&self, moment: Moment) -> MaintenanceTurn {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let running_for = last.map_or(Duration::ZERO, |last| moment.since_boot.saturating_sub(last.since_boot));
        MaintenanceTurn {
            running_for,
            accept_clock: self.accept_clock && last.is_none(),
            ..MaintenanceTurn::new(moment.wall, moment.wall.minus(self.retention))
        }
    }

    /// A turn at once and every hour, until it is told to stop, which cuts a turn short: the next one goes on.
    pub async fn run(self, stop: CancellationToken) {
        let turns = async {
            loop {
                let outcome = self.once().await;
                let pause = match &outcome {
                    Ok(_) | Err(AuditError::Forbidden { .. }) => EVERY,
                    Err(_) => AGAIN,
                };
                self.note(outcome);
                sleep(pause).await;
            }
        };
        stop.run_until_cancelled(turns).await;
    }

    /// Says once that it fails, and once that it does not any more.
    fn note(&self, outcome: Result<Kept, AuditError>) {
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
            Ok(_) => *status = UpkeepStatus { done: Some(now), ..UpkeepStatus::default() },
            Err(error) => {
                status.clock_ahead = match error {
                    AuditError::ClockAhead { ahead, .. } => ahead,
                    _ => Duration::ZERO,
                };
                status.failure = Failure::after(before.as_ref(), Some(&error), now);
            }
        });
    }
}
