//! What people read: tables, facts, spans of time, and a little colour.

mod duration;
mod escape;
mod field_list;
mod output_permissions;
mod plural;
mod style;
mod table;

use std::io::{self, Write};

use crate::domain::UnixMillis;

pub use duration::{format_duration, format_time_since, format_time_until};
pub use escape::{escape, escape_lines, is_invisible};
pub use field_list::FieldList;
pub use output_permissions::warn_if_world_readable;
pub use plural::pluralize;
pub use style::TerminalStyle;
pub use table::TextTable;

/// What a text for people depends on besides what it is about.
#[derive(Clone, Copy)]
pub struct RenderContext {
    pub now: UnixMillis,
    pub style: TerminalStyle,
}

/// Each of `texts` on a line of its own, fit for a terminal.
pub fn join_escaped_lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().map(|text| escape(&text) + "\n").collect()
}

/// Writes all of `text` to standard output. A reader that has read enough is no failure.
pub fn print(text: &str) -> io::Result<()> {
    print_unless_closed(text).map(drop)
}

/// As [`print`], for what goes on and on. `false`: nobody reads it any more.
pub fn print_unless_closed(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes all of `text` to standard error, if that takes it.
pub fn print_to_stderr(text: &str) {
    // There is nowhere left to say that it did not.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
