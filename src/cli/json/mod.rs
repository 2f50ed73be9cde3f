//! JSON documents for programs: responses of the server, API keys and reports.

mod credential;

use std::fmt::Write as _;

use serde::Serialize;

use super::terminal::is_invisible;

pub use credential::CredentialJson;

pub use crate::api::json::{MessageJson, from_struct, to_struct};

/// Returns `value` as one document that ends with a line break. Characters that could control a terminal are escaped.
pub fn to_document(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| escape_document(&text))
}

/// Returns `value` on one line, otherwise like [`to_document`].
pub fn to_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| escape_document(&text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_cannot_control_a_terminal_and_reads_back() {
        let text = "a\u{1b}\u{9b}\u{7f}\u{202e}é";
        let document = to_document(&text).expect("JSON");
        assert_eq!(document, "\"a\\u001b\\u009b\\u007f\\u202eé\"\n");
        assert_eq!(serde_json::from_str::<String>(&document).expect("text"), text);
    }
}
