//! Colour on a terminal.

use std::{env, io::IsTerminal};

/// The style of a text. Text is coloured only on a terminal, and not under `NO_COLOR` (no-color.org) or on a terminal
/// of type `dumb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle {
    coloured: bool,
}

impl TerminalStyle {
    #[cfg(test)]
    pub const PLAIN: Self = Self { coloured: false };

    pub fn for_stdout() -> Self {
        Self { coloured: std::io::stdout().is_terminal() && is_colour_enabled() }
    }

    pub fn for_stderr() -> Self {
        Self { coloured: std::io::stderr().is_terminal() && is_colour_enabled() }
    }

    /// Styles labels and remarks.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn is_colour_enabled() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_left_alone_where_there_is_no_colour() {
        assert_eq!(TerminalStyle::PLAIN.bad("no"), "no");
        assert_eq!(TerminalStyle { coloured: true }.good("yes"), "\u{1b}[32myes\u{1b}[0m");
    }
}
