//! Rows as parameters of a statement: one array per column.

use time::OffsetDateTime;

use crate::domain::UnixMillis;

pub(super) fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}

/// Joins a list into one text, since an array of arrays would have to be rectangular. No item contains a line feed.
pub(super) fn list(items: &[String]) -> String {
    items.join("\n")
}

pub(super) fn time(at: UnixMillis) -> OffsetDateTime {
    at.to_offset_date_time()
}
