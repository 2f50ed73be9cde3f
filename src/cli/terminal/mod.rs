//! Text for people: tables, fields, durations and colour.

mod field_list;
mod output_permissions;
mod plural;
mod style;
mod table;

use std::io::{self, Write};

use crate::domain::UnixMillis;

pub use crate::{
    time_text::{format_duration, format_time_since, format_time_until},
    untrusted_text::{escape, escape_lines, is_invisible},
};

pub use field_list::FieldList;
pub use output_permissions::warn_if_world_readable;
pub use plural::pluralize;
pub use style::TerminalStyle;
pub use table::TextTable;

/// The context of a text for people: the current time and the style.
#[derive(Clone, Copy)]
pub struct RenderContext {
    pub now: UnixMillis,
    pub style: TerminalStyle,
}

/// Returns `texts` escaped for a terminal, one per line.
pub fn join_escaped_lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().map(|text| escape(&text) + "\n").collect()
}

/// Writes all of `text` to standard output. A closed output is not an error.
pub fn print(text: &str) -> io::Result<()> {
    print_unless_closed(text).map(drop)
}

/// Writes like [`print`], for output that continues. Returns `false` if the output is closed.
pub fn print_unless_closed(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes all of `text` to standard error. Errors are ignored.
pub fn print_to_stderr(text: &str) {
    // An error could not be reported anywhere else.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
