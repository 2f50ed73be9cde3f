//! Text from elsewhere, made harmless to a terminal.

/// `text` on one line, without characters that control a terminal, hide, or reorder what is around
/// them. Line breaks and tabs become spaces.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect()
}

/// The same for each line of `text`.
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// Whether a terminal does not show `c` but is led by it.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_or_reorders_text_is_left_out() {
        assert_eq!(clean("a\u{1b}]0;b\u{7}\u{9b}c\r\u{202e}d\n\te\u{7f}"), "a]0;bcd  e");
        assert_eq!(clean("São Paulo – 東京 é"), "São Paulo – 東京 é");
        assert_eq!(clean_lines("a\nb\u{1b}"), "a\nb");
    }
}
