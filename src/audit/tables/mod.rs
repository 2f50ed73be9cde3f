//! The tables of the audit, one file for each.
//!
//! A table has one list of columns, [`TableRow::columns`], from which both databases build their statements: those that
//! insert rows, and those that erase a user. A file also has the row that is read, if rows of the table are read.

pub(super) mod alerts;
pub(super) mod dead_letters;
pub(super) mod last_seen;
pub(super) mod login_events;
pub(super) mod mass_revocations;
pub(super) mod notifications;
pub(super) mod refused_calls;
pub(super) mod session_events;
pub(super) mod sessions;
pub(super) mod stored_columns;
pub(super) mod tenants;
pub(super) mod webhook_changes;

use std::net::IpAddr;

use crate::domain::{EventId, SessionId, UnixMillis};

/// A row that is written to a table.
pub(super) trait TableRow: Sized {
    const TABLE: &'static str;

    /// Returns the columns that are written.
    fn columns() -> impl IntoIterator<Item = TableColumn<Self>>;

    /// Returns whether the row is stored without the user, because the user was erased.
    fn is_redacted(&self) -> bool {
        false
    }

    /// Creates a column that does not identify the user.
    fn column(name: &'static str, value: ColumnValue<Self>) -> TableColumn<Self> {
        TableColumn { name, value, erasure: ErasureRule::Keep }
    }

    /// Creates a column that is null once the user was erased.
    fn personal_column(name: &'static str, value: ColumnValue<Self>) -> TableColumn<Self> {
        TableColumn { name, value, erasure: ErasureRule::Null }
    }

    /// Creates a column that cannot be null, and is empty once the user was erased.
    fn required_personal_column(name: &'static str, value: ColumnValue<Self>) -> TableColumn<Self> {
        TableColumn { name, value, erasure: ErasureRule::Empty }
    }
}

/// A column of a table.
pub(super) struct TableColumn<Row> {
    pub name: &'static str,
    pub value: ColumnValue<Row>,
    pub erasure: ErasureRule,
}

/// The type of a column, with the function that returns its value in a row. `None` is null.
pub(super) enum ColumnValue<Row> {
    Id(fn(&Row) -> Option<EventId>),
    SessionId(fn(&Row) -> Option<SessionId>),
    Text(fn(&Row) -> Option<&str>),
    /// A list of texts without line feeds.
    Texts(fn(&Row) -> Option<&[String]>),
    /// The same, but PostgreSQL stores an empty list as null.
    StatedTexts(fn(&Row) -> Option<&[String]>),
    /// A list of texts without line feeds that the row does not hold as such.
    FormattedTexts(fn(&Row) -> Option<Vec<String>>),
    Time(fn(&Row) -> Option<UnixMillis>),
    Integer(fn(&Row) -> Option<i64>),
    /// A number of two bytes in PostgreSQL, which stores a greater one as the greatest.
    SmallInteger(fn(&Row) -> Option<u32>),
    Real(fn(&Row) -> Option<f64>),
    Boolean(fn(&Row) -> Option<bool>),
    Address(fn(&Row) -> Option<IpAddr>),
    /// A JSON document as text.
    Json(fn(&Row) -> Option<&str>),
    Bytes(fn(&Row) -> Option<&[u8]>),
}

/// The value of a column after the erasure of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErasureRule {
    /// Its value stays, as it does not identify the user.
    Keep,
    Null,
    /// An empty value, as the column cannot be null.
    Empty,
}

impl<Row: TableRow> TableColumn<Row> {
    /// Returns the row, or `None` if the column is erased in it.
    pub fn visible<'r>(&self, row: &'r Row) -> Option<&'r Row> {
        (self.erasure == ErasureRule::Keep || !row.is_redacted()).then_some(row)
    }

    /// Returns the text of an erased column.
    pub fn erased_text(&self) -> Option<&'static str> {
        (self.erasure == ErasureRule::Empty).then_some("")
    }

    /// Returns the bytes of an erased column.
    pub fn erased_bytes(&self) -> Option<&'static [u8]> {
        (self.erasure == ErasureRule::Empty).then_some(&[])
    }
}

/// Returns the names of the columns of a table, separated by commas.
pub(super) fn column_names<Row: TableRow>() -> String {
    Row::columns().into_iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// Returns the assignments that erase the user from a row. `empty_bytes` is the expression for no bytes.
pub(super) fn erasing_assignments<Row: TableRow>(empty_bytes: &str) -> String {
    let assign = |column: TableColumn<Row>| {
        let value = match (column.erasure, column.value) {
            (ErasureRule::Keep, _) => return None,
            (ErasureRule::Null, _) => "NULL",
            (ErasureRule::Empty, ColumnValue::Bytes(_)) => empty_bytes,
            (ErasureRule::Empty, _) => "''",
        };
        Some(format!("{} = {value}", column.name))
    };
    Row::columns().into_iter().filter_map(assign).collect::<Vec<_>>().join(", ")
}

/// Returns `None`, for null, if nothing is known or stated.
pub(super) fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{alerts::AlertRow, login_events::LoginEventRow, session_events::SessionEventRow, *};

    fn kept_columns<Row: TableRow>() -> Vec<&'static str> {
        let kept = Row::columns().into_iter().filter(|column| column.erasure == ErasureRule::Keep);
        kept.map(|column| column.name).collect()
    }

    #[test]
    fn only_columns_that_identify_nobody_outlive_an_erasure() {
        let session_event = kept_columns::<SessionEventRow<'_>>().join(" ");
        let expected = "event_id at kind end_reason auth_event_kind scope tenant started_at revision policy \
                        auth_methods assurance_level changed_fields caller denied_tokens alert_id alert_verdict";
        assert_eq!(session_event, expected);
        let login = kept_columns::<LoginEventRow<'_>>().join(" ");
        let expected = "event_id at tenant policy remembered expires_at authenticated_at auth_methods assurance_level \
                        device_first_seen caller";
        assert_eq!(login, expected);
        let alert = kept_columns::<AlertRow<'_>>().join(" ");
        let expected = "major minor previous_major previous_minor alert_id tenant rule rule_version severity \
                        event_time detected_time answered_alert_id";
        assert_eq!(alert, expected);
    }

    #[test]
    fn an_erased_column_is_null_or_empty() {
        let assignments = erasing_assignments::<AlertRow<'_>>("x''");
        let expected = "user_id = NULL, session_id = NULL, device_id = NULL, ip = NULL, country = NULL, reason = '', \
                        detail = NULL, record = x''";
        assert_eq!(assignments, expected);
    }
}
