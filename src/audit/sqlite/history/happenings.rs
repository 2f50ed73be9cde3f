//! Counts of endings and of failed logins, both from one walk through the events.

use sqlx::SqliteConnection;

use super::span::{Counts, Span, Tally};

#[derive(Debug)]
pub(super) struct Happenings {
    pub endings: Counts,
    pub failures: Counts,
    /// In the window, like what follows.
    pub by_reason: Tally,
    pub by_kind: Tally,
    /// Endings of which it is known when the session was made.
    pub lasted: u64,
}

/// Step, reason of an ending, kind of a failure, how many, and of how many it is known when the session was made.
type Row = (Option<i64>, Option<String>, Option<String>, i64, i64);

pub(super) async fn by_step(connection: &mut SqliteConnection, span: &Span<'_>) -> sqlx::Result<Happenings> {
    let columns = format!("{} AS step, end_reason, auth_event_kind, count(*), count(started_at)", span.step_of_row());
    let mut select = span.since(&columns, "session_events");
    select.requires("kind IN ('ended', 'auth_failed') GROUP BY step, end_reason, auth_event_kind");
    let rows: Vec<Row> = select.0.build_query_as().fetch_all(connection).await?;
    let mut happened = Happenings {
        endings: span.no_counts(),
        failures: span.no_counts(),
        by_reason: Tally::default(),
        by_kind: Tally::default(),
        lasted: 0,
    };
    for (step, reason, kind, count, lasted) in rows {
        happened.add(step, reason, kind, (count.unsigned_abs(), lasted.unsigned_abs()));
    }
    Ok(happened)
}

impl Happenings {
    fn add(&mut self, step: Option<i64>, reason: Option<String>, kind: Option<String>, (count, lasted): (u64, u64)) {
        let (counts, tally) = if reason.is_some() {
            (&mut self.endings, &mut self.by_reason)
        } else {
            (&mut self.failures, &mut self.by_kind)
        };
        counts.add(step, count);
        if step.is_some() {
            tally.add(reason.or(kind).unwrap_or_default(), count);
            self.lasted += lasted;
        }
    }
}
