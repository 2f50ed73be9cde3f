//! What people read: tables, facts, spans of time, and a little colour.

mod clean;
mod count;
mod facts;
mod redirected;
mod span;
mod style;
mod table;

use std::io::{self, Write};

use crate::domain::UnixMillis;

pub use clean::{clean, clean_lines, is_invisible};
pub use count::counted;
pub use facts::Facts;
pub use redirected::warn_if_readable_by_others;
pub use span::{ago, coarse, until};
pub use style::Style;
pub use table::Table;

/// What a text for people depends on besides what it is about.
#[derive(Clone, Copy)]
pub struct View {
    pub now: UnixMillis,
    pub style: Style,
}

/// Each of `texts` on a line of its own, fit for a terminal.
pub fn lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().map(|text| clean(&text) + "\n").collect()
}

/// Writes all of `text` to standard output. A reader that has read enough is no failure.
pub fn print(text: &str) -> io::Result<()> {
    print_to_reader(text).map(drop)
}

/// As [`print`], for what goes on and on. `false`: nobody reads it any more.
pub fn print_to_reader(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes all of `text` to standard error, if that takes it.
pub fn print_error(text: &str) {
    // There is nowhere left to say that it did not.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
