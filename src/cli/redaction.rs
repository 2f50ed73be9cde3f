//! Redaction of tokens and API keys in error messages.

use std::borrow::Cow;

/// The prefixes of tokens and API keys.
const SECRET_PREFIXES: [&str; 2] = ["sa_", "sak_"];

/// Minimum number of characters after the prefix of a secret. A shorter word is taken for a name like `sa_role`.
const MIN_SECRET_LEN: usize = 16;

/// Returns `text` with every token and API key cut down to its prefix.
pub fn redact_secrets(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, prefix, after)) = find_secret(rest) {
        shown.push_str(before);
        shown.push_str(prefix);
        shown.push('…');
        rest = after;
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Returns the text before the first secret, the prefix of the secret, and the text after it.
fn find_secret(text: &str) -> Option<(&str, &'static str, &str)> {
    let starts = SECRET_PREFIXES.iter().flat_map(|prefix| text.match_indices(prefix).map(|(at, _)| (at, *prefix)));
    let secrets = starts.filter_map(|(at, prefix)| {
        let body = &text[at + prefix.len()..];
        let end = body.find(|c: char| !is_secret_char(c)).unwrap_or(body.len());
        (end >= MIN_SECRET_LEN).then(|| (&text[..at], prefix, &body[end..]))
    });
    secrets.min_by_key(|(before, _, _)| before.len())
}

/// Returns whether `c` is a character of base64url, or of plain base64 in a mistyped secret.
const fn is_secret_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '+' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_keys_are_cut_and_the_rest_stays() {
        let key = format!("sak_{}", "Ab-_".repeat(15));
        let token = format!("sa_{}", "Z9".repeat(41));
        let text = format!("unexpected '{token}' after {key}, sa_role and sak_");
        assert_eq!(redact_secrets(&text), "unexpected 'sa_…' after sak_…, sa_role and sak_");
        assert_eq!(redact_secrets("nothing to hide"), "nothing to hide");
    }
}
