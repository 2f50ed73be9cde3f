//! Statements of the documentation that can be compared with the code.

mod clients;
mod openapi;
mod policies;
mod security;
mod test_names;

use std::{fs, path::Path};

/// Returns the text of a document.
fn read_document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a document")
}

/// Returns the cells of a row of a Markdown table. A line of dashes is no row.
fn table_cells(line: &str) -> Option<Vec<&str>> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let is_row = !row.chars().all(|c| matches!(c, '-' | '|' | ':' | ' '));
    is_row.then(|| row.split('|').map(str::trim).collect())
}
