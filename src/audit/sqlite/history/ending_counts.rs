//! Counts of endings and of failed logins, from one pass over the events.

use sqlx::SqliteConnection;

use super::stats_window::{NameCounts, StatsWindow, StepCounts};

#[derive(Debug)]
pub(super) struct EndingAndFailureCounts {
    pub endings: StepCounts,
    pub failures: StepCounts,
    /// Counts in the window, as the following fields are.
    pub by_reason: NameCounts,
    pub by_kind: NameCounts,
    /// The number of endings of sessions with a known start.
    pub known_durations: u64,
}

/// Step, reason of an ending, kind of a failure, number of events, and number of those with a known start of the
/// session.
type EventCountRow = (Option<i64>, Option<String>, Option<String>, i64, i64);

pub(super) async fn count_by_step(
    connection: &mut SqliteConnection,
    span: &StatsWindow<'_>,
) -> sqlx::Result<EndingAndFailureCounts> {
    let columns =
        format!("{} AS step, end_reason, auth_event_kind, count(*), count(started_at)", span.step_column("at"));
    let mut select = span.select_since(&columns, "session_events");
    select.and("kind IN ('ended', 'auth_failed') GROUP BY step, end_reason, auth_event_kind");
    let rows: Vec<EventCountRow> = select.0.build_query_as().fetch_all(connection).await?;
    let mut counts = EndingAndFailureCounts {
        endings: span.zero_counts(),
        failures: span.zero_counts(),
        by_reason: NameCounts::default(),
        by_kind: NameCounts::default(),
        known_durations: 0,
    };
    for (step, reason, kind, count, lasted) in rows {
        counts.add(step, reason, kind, (count.unsigned_abs(), lasted.unsigned_abs()));
    }
    Ok(counts)
}

impl EndingAndFailureCounts {
    fn add(&mut self, step: Option<i64>, reason: Option<String>, kind: Option<String>, (count, lasted): (u64, u64)) {
        let (counts, tally) = if reason.is_some() {
            (&mut self.endings, &mut self.by_reason)
        } else {
            (&mut self.failures, &mut self.by_kind)
        };
        counts.add(step, count);
        if step.is_some() {
            tally.add(reason.or(kind).unwrap_or_default(), count);
            self.known_durations += lasted;
        }
    }
}
