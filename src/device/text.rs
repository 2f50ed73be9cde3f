//! Bounds on text that strangers chose. Names end up in notifications to users, so what is
//! shown must not reorder its surroundings, break a line or be turned into a link.

use std::borrow::Cow;

/// How much of a user agent is looked at, in bytes.
pub const USER_AGENT_LIMIT: usize = 1024;

/// The part of `user_agent` that is parsed: cut at [`USER_AGENT_LIMIT`] on a character boundary,
/// without control and invisible formatting characters, without space at its ends.
pub(super) fn sanitize(user_agent: &str) -> Cow<'_, str> {
    let cut = user_agent[..user_agent.floor_char_boundary(USER_AGENT_LIMIT)].trim();
    if cut.contains(is_invisible) {
        let visible: String = cut.chars().filter(|&c| !is_invisible(c)).collect();
        Cow::Owned(visible.trim().to_owned())
    } else {
        Cow::Borrowed(cut)
    }
}

/// Control characters, and the formatting ones that hide, break or reorder text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

/// `text` trimmed, if it is fit to be shown as part of a name: 1 to `limit` bytes of ASCII
/// letters, digits, spaces and ` -_+()&!`, with dots only before a digit ("Nokia 5.4") so that
/// no mail program makes a link of it.
pub(super) fn displayable(text: &str, limit: usize) -> Option<&str> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let fit = (1..=limit).contains(&bytes.len())
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
            b' ' | b'-' | b'_' | b'+' | b'(' | b')' | b'&' | b'!' => true,
            other => other.is_ascii_alphanumeric(),
        });
    fit.then_some(text)
}

/// The digits that `text` begins with, if they are few enough to be a version.
pub(super) fn leading_version(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end <= 6 { &text[..end] } else { "" }
}
