//! Untrusted text, escaped for a terminal or a page.

use std::fmt::Write as _;

/// Returns `text` on one line and unambiguous. Characters that control a terminal, are invisible, reorder the text
/// around them or look like a space are written as `\u{…}`. Texts that differ are shown differently.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if is_invisible(c) {
            // Writing to a String does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else if c == '\\' && is_before_escape(&text[at..]) {
            // Otherwise the text could be mistaken for one with an escape.
            shown.push_str("\\\\");
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Returns whether the leading backslashes of `text` precede an escape, or text that looks like one.
fn is_before_escape(text: &str) -> bool {
    let rest = text.trim_start_matches('\\');
    rest.starts_with("u{") || rest.starts_with(is_invisible)
}

/// Returns the lines of `text`, each escaped as by [`escape`].
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Returns whether `c` controls a terminal, is invisible, or looks like a space although it is another character.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(
            c,
            // Soft hyphen, joiners and fillers.
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            // Zero width, directions, separators, invisible operators.
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            // Musical formatting, tags and variation selectors.
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_or_reorders_text_is_escaped() {
        assert_eq!(escape("a\u{1b}]0;b\u{7}\u{202e}d\n\te"), r"a\u{1b}]0;b\u{7}\u{202e}d\u{a}\u{9}e");
        assert_eq!(escape("São Paulo – 東京 é"), "São Paulo – 東京 é");
        assert_eq!(escape_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }

    #[test]
    fn texts_that_differ_are_shown_differently() {
        let alike = [
            "ann",
            "ann\u{200b}",
            "a\u{ad}nn",
            "ann ",
            "ann\u{a0}",
            "ann\u{3164}",
            "ann\u{e0041}",
            r"ann\u{200b}",
            r"ann\\u{200b}",
            "ann\\\u{200b}",
            "ann\t",
            "ann\n",
        ];
        for (number, one) in alike.iter().enumerate() {
            for other in &alike[number + 1..] {
                assert_ne!(escape(one), escape(other), "{one:?} {other:?}");
            }
        }
        assert_eq!(escape(r"DOMAIN\ann"), r"DOMAIN\ann");
    }
}
