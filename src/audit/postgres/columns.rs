//! Rows as a statement takes them: an array a column.

use time::OffsetDateTime;

use crate::domain::UnixMillis;

pub(super) fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}

/// A list as one text, since an array of arrays would have to be rectangular. No item holds a line feed.
pub(super) fn list(items: &[String]) -> String {
    items.join("\n")
}

pub(super) fn time(at: UnixMillis) -> OffsetDateTime {
    at.to_offset_date_time()
}
