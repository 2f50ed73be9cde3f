//! Answers as JSON documents, for programs.
//!
//! The JSON mapping of protobuf with the names of fields as the contract has them: times, spans and
//! 64-bit numbers as text, enum values by name. Scalars and lists are always there; messages that are
//! unset are left out.

mod alert;
mod api_key;
mod audit;
mod protobuf_struct;
mod response;
mod scalar;
mod session;
mod stats;
#[cfg(test)]
mod tests;
mod validate_stream;

use std::fmt::Write as _;

use serde::Serialize;

use super::terminal::is_invisible;

pub use alert::AlertStreamEventJson;
pub use api_key::ApiKeyJson;
pub use audit::{AuditEventJson, ForgetUserResponseJson, RevokeWhereResponseJson, SessionEntryJson};
pub use protobuf_struct::{from_struct, to_struct};
pub use response::{
    CreateResponseJson, ListResponseJson, PurgeResponseJson, RevokeAllResponseJson, RevokeResponseJson,
    UpdateResponseJson, ValidateResponseJson,
};
pub use stats::GetStatsResponseJson;
pub use validate_stream::ValidateStreamResponseJson;

/// `answer` as one document that ends with a line break. What could control a terminal is escaped.
pub fn to_document(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(answer).map(|text| escape_document(&text))
}

/// `answer` on one line, as [`to_document`] otherwise.
pub fn to_line(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(answer).map(|text| escape_document(&text))
}

fn escape_document(text: &str) -> String {
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
