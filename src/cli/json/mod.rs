//! Answers as JSON documents, for programs.
//!
//! The JSON mapping of protobuf with the names of fields as the contract has them: times, spans and
//! 64-bit numbers as text, enum values by name. Scalars and lists are always there; messages that are
//! unset are left out.

#![expect(clippy::struct_field_names, reason = "the names are those of the contract")]

mod alert;
mod answer;
mod audit;
mod checked;
mod key;
mod scalar;
mod session;
mod stats;
#[cfg(test)]
mod tests;
mod value;

use std::fmt::Write as _;

use serde::Serialize;

use super::terminal::is_invisible;

pub use alert::Streamed;
pub use answer::{Created, Listed, Purged, Revoked, RevokedAll, Updated, Validated};
pub use audit::{AuditEvent, Forgotten, RevokedWhere, SessionEntry};
pub use checked::Checked;
pub use key::Key;
pub use stats::Stats;
pub use value::{from_struct, to_struct};

/// `answer` as one document that ends with a line break. What could control a terminal is escaped.
pub fn document(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(answer).map(|text| finished(&text))
}

/// `answer` on one line, as [`document`] otherwise.
pub fn line(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(answer).map(|text| finished(&text))
}

fn finished(text: &str) -> String {
    let mut document = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // The only such character outside of strings is the line break, and serde_json escapes those within.
        if c != '\n' && is_invisible(c) {
            // Writing to a String does not fail.
            let _ = write!(document, "\\u{:04x}", u32::from(c));
        } else {
            document.push(c);
        }
    }
    document.push('\n');
    document
}
