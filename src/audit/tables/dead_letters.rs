//! The table of dead letters.

use super::{
    ColumnValue::{Bytes, Id, Integer, Text},
    TableColumn, TableRow,
};
use crate::{audit::DeadLetter, domain::EventId};

/// A row of `refused_events`.
#[derive(Clone, Debug)]
pub(in crate::audit) struct DeadLetterRow {
    /// The ID of the dead letter before it was redacted.
    id: EventId,
    letter: DeadLetter,
}

impl DeadLetterRow {
    /// Returns the row of a dead letter, redacted if its user was erased.
    pub fn new(letter: &DeadLetter, is_forgotten: bool) -> Self {
        Self { id: letter.id(), letter: if is_forgotten { letter.redacted() } else { letter.clone() } }
    }
}

impl TableRow for DeadLetterRow {
    const TABLE: &'static str = "refused_events";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("id", Id(|row| Some(row.id))),
            Self::column("error", Text(|row| Some(&row.letter.error))),
            Self::column("bucket", Integer(|row| Some(row.letter.position.bucket.0.into()))),
            Self::column("entry", Text(|row| Some(&row.letter.position.entry))),
            Self::column("kind", Integer(|row| Some(row.letter.entry.kind.into()))),
            Self::column("reason", Integer(|row| Some(row.letter.entry.reason.into()))),
            Self::column("at_millis", Integer(|row| Some(row.letter.entry.at.try_into().unwrap_or(i64::MAX)))),
            Self::column("subject", Bytes(|row| Some(&row.letter.entry.subject))),
            Self::column("owner", Bytes(|row| Some(&row.letter.entry.owner))),
            Self::column("record", Bytes(|row| Some(&row.letter.entry.record))),
            Self::column("clock", Bytes(|row| Some(&row.letter.entry.clock))),
            Self::column("cause", Bytes(|row| Some(&row.letter.entry.cause))),
        ]
    }
}
