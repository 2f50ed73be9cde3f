//! Events in recording order.

use sqlx::{PgConnection, Row};

use super::{
    events::{criteria_query, decode_event},
    recording_barrier::wait_for_barrier,
    scope::{QueryScope, TENANTS_OF_EVENTS},
};
use crate::{
    audit::{
        postgres::transaction::AuditTransaction,
        recording_order::{RECORDING_SLACK, SEQUENCE_WINDOW, SequenceSearch, resume_after, to_number},
        unreadable_rows::UnreadableRows,
    },
    domain::{
        UnixMillis,
        search::{EventSearch, PageRequest, RecordedEvents, RecordingPosition, RecordingRange},
    },
};

pub(super) async fn list(
    connection: &mut PgConnection,
    search: &EventSearch,
    range: RecordingRange,
    page: PageRequest<RecordingPosition>,
) -> sqlx::Result<RecordedEvents> {
    let mut transaction = AuditTransaction::begin_read(connection).await?;
    let barrier = wait_for_barrier(&mut transaction).await?;
    let last = to_number(range.up_to);
    let after = match (page.after, range.since) {
        (Some(RecordingPosition(after)), _) => to_number(Some(RecordingPosition(after))),
        (None, Some(since)) => find_start(&mut transaction, since.minus(RECORDING_SLACK), barrier.complete_to).await?,
        (None, None) => 0,
    };
    let up_to = barrier.complete_to.min(last).min(after.saturating_add(SEQUENCE_WINDOW));
    let scope = QueryScope::resolve(&mut transaction, &search.tenants, None, TENANTS_OF_EVENTS).await?;
    let rows = criteria_query(include_str!("sql/list_recorded.sql"), &scope, search)
        .bind(after)
        .bind(up_to)
        .bind(range.since)
        .bind(i64::from(page.size))
        .fetch_all(&mut transaction)
        .await?;
    transaction.commit().await?;

    let last_read = rows.last().map(|row| row.try_get("seq")).transpose()?;
    let resume = resume_after(last_read, rows.len(), page.size, up_to.max(after));
    let events = UnreadableRows::decode_readable(&rows, decode_event)?;
    let has_more = resume < last && (resume < barrier.complete_to || barrier.is_behind);
    Ok(RecordedEvents { events, resume: RecordingPosition(resume.unsigned_abs()), has_more })
}

/// Returns a sequence number up to which no event was recorded at `from` or later.
async fn find_start(transaction: &mut AuditTransaction<'_>, from: UnixMillis, highest: i64) -> sqlx::Result<i64> {
    let mut numbers = SequenceSearch::new(highest);
    while let Some(middle) = numbers.middle() {
        let next: Option<(i64, UnixMillis)> =
            sqlx::query_as("SELECT seq, recorded_at FROM session_events WHERE seq > $1 ORDER BY seq LIMIT 1")
                .bind(middle)
                .fetch_optional(&mut *transaction)
                .await?;
        numbers.narrow(middle, next.filter(|(_, at)| *at < from).map(|(seq, _)| seq));
    }
    Ok(numbers.start())
}
