//! Responses as JSON documents, for programs.
//!
//! This is the JSON mapping of protobuf, with the field names of the contract: times, durations and 64-bit numbers are
//! text, and enum values are names. Scalars and lists are always present; unset messages are omitted.

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

/// Returns `answer` as one document that ends with a line break. Characters that could control a terminal are escaped.
pub fn to_document(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(answer).map(|text| escape_document(&text))
}

/// Returns `answer` on one line, otherwise like [`to_document`].
pub fn to_line(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(answer).map(|text| escape_document(&text))
}

fn escape_document(text: &str) -> String {
    let mut document = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Outside of strings the only such character is the line break; those within strings are escaped by serde_json.
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
