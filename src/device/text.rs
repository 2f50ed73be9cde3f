//! Bounds on text from untrusted sources. Names appear in notifications to users, so displayed text must not reorder
//! its surroundings, break a line or be turned into a link.

use std::borrow::Cow;

/// Maximum bytes of a user agent that are parsed.
pub const USER_AGENT_LIMIT: usize = 1024;

/// Returns the part of `user_agent` that is parsed. It is cut at [`USER_AGENT_LIMIT`] on a character boundary, and
/// trimmed. Control characters and invisible formatting characters are removed.
pub(super) fn sanitize(user_agent: &str) -> Cow<'_, str> {
    let cut = user_agent[..user_agent.floor_char_boundary(USER_AGENT_LIMIT)].trim();
    if cut.contains(is_invisible) {
        let visible: String = cut.chars().filter(|&c| !is_invisible(c)).collect();
        Cow::Owned(visible.trim().to_owned())
    } else {
        Cow::Borrowed(cut)
    }
}

/// Returns whether `c` is a control character, or a formatting character that hides, breaks or reorders text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

/// Returns `text`, trimmed, if it can be displayed as part of a name: 1 to `limit` bytes of ASCII letters, digits,
/// spaces and `-_+()&!`. Dots are allowed only before a digit ("Nokia 5.4"), so that no mail program makes a link of
/// it.
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

/// Returns the digits with which `text` begins; empty if they are too many for a version.
pub(super) fn leading_version(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end <= 6 { &text[..end] } else { "" }
}
