//! Events in recording order.

use sqlx::{Row, SqliteConnection};

use super::{
    events::{COLUMNS, add_criteria, decode_event},
    select_builder::SelectBuilder,
};
use crate::{
    audit::{
        recording_order::{RECORDING_SLACK, SEQUENCE_WINDOW, SequenceSearch, resume_after, to_number},
        unreadable_rows::UnreadableRows,
    },
    domain::{
        UnixMillis,
        search::{EventSearch, PageRequest, RecordedEvents, RecordingPosition, RecordingRange},
    },
    sqlite::{integer, time},
};

/// Lists events in recording order. One connection adds events sequentially, so they are complete up to the highest
/// number.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    search: &EventSearch,
    range: RecordingRange,
    page: PageRequest<RecordingPosition>,
) -> sqlx::Result<RecordedEvents> {
    let highest: Option<i64> =
        sqlx::query_scalar("SELECT max(seq) FROM session_events").fetch_one(&mut *connection).await?;
    let highest = highest.unwrap_or_default();
    let end = highest.min(to_number(range.up_to));
    let after = match (page.after, range.since) {
        (Some(RecordingPosition(after)), _) => to_number(Some(RecordingPosition(after))),
        (None, Some(since)) => find_start(connection, since.minus(RECORDING_SLACK), highest).await?,
        (None, None) => 0,
    };
    let up_to = end.min(after.saturating_add(SEQUENCE_WINDOW));
    // In the order of the numbers, even if another index would match.
    let mut query = SelectBuilder::new(&format!("SELECT {COLUMNS} FROM session_events NOT INDEXED"));
    query.and_bind("seq >", after);
    query.and_bind("seq <=", up_to);
    query.and_bind_optional("recorded_at >=", range.since.map(integer));
    add_criteria(&mut query, search);
    query.0.push(" ORDER BY seq LIMIT ").push_bind(i64::from(page.size));
    let rows = query.0.build().fetch_all(connection).await?;

    let last_read = rows.last().map(|row| row.try_get("seq")).transpose()?;
    let resume = resume_after(last_read, rows.len(), page.size, up_to.max(after));
    let events = UnreadableRows::decode_readable(&rows, decode_event)?;
    let has_more = resume < end;
    Ok(RecordedEvents { events, resume: RecordingPosition(resume.unsigned_abs()), has_more })
}

/// Returns a sequence number up to which no event was recorded at `from` or later.
async fn find_start(connection: &mut SqliteConnection, from: UnixMillis, highest: i64) -> sqlx::Result<i64> {
    let mut numbers = SequenceSearch::new(highest);
    while let Some(middle) = numbers.middle() {
        let next: Option<(i64, i64)> =
            sqlx::query_as("SELECT seq, recorded_at FROM session_events WHERE seq > ? ORDER BY seq LIMIT 1")
                .bind(middle)
                .fetch_optional(&mut *connection)
                .await?;
        numbers.narrow(middle, next.filter(|(_, at)| time(*at) < from).map(|(seq, _)| seq));
    }
    Ok(numbers.start())
}
