//! The stored form of user agents, a fraction of their length: nearly all consist of a few phrases.
//!
//! A phrase is stored as the control character of its number. A user agent contains no control characters of its own,
//! because they are dropped on input. The list only grows at its end, because stored sessions refer to it by number.

const PHRASES: [&str; 26] = [
    "Mozilla/5.0 (",
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "iPhone; CPU iPhone OS ",
    "iPad; CPU OS ",
    " like Mac OS X",
    "Linux; Android 10; K",
    "Linux; Android ",
    "X11; Linux x86_64",
    "X11; Ubuntu; Linux x86_64",
    // Number 10 is a line feed; it is not skipped.
    ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    ") AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/",
    ") AppleWebKit/605.1.15 (KHTML, like Gecko) Version/",
    ") AppleWebKit/605.1.15 (KHTML, like Gecko) ",
    ".0.0.0 Mobile Safari/537.36",
    ".0.0.0 Safari/537.36",
    " Mobile Safari/537.36",
    " Safari/537.36",
    " Mobile/15E148 Safari/604.1",
    " Mobile/15E148",
    " Safari/605.1.15",
    " Safari/604.1",
    ") Gecko/20100101 Firefox/",
    " Edg/",
    " CriOS/",
    "; rv:",
];

/// Returns `agent` with its phrases as numbers. Longer phrases are tried before those that they begin with.
pub(super) fn compact(agent: &str) -> String {
    let mut out = String::with_capacity(agent.len());
    let mut rest = agent;
    while let Some(c) = rest.chars().next() {
        let longest = PHRASES.iter().enumerate().filter(|(_, phrase)| rest.starts_with(**phrase));
        if let Some((number, phrase)) = longest.max_by_key(|(_, phrase)| phrase.len()) {
            out.push(code(number));
            rest = &rest[phrase.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The inverse of [`compact`].
pub(super) fn expand(stored: &str) -> String {
    let mut out = String::with_capacity(4 * stored.len());
    for c in stored.chars() {
        match PHRASES.get((c as usize).wrapping_sub(1)) {
            Some(phrase) => out.push_str(phrase),
            None => out.push(c),
        }
    }
    out
}

/// Returns the character of a phrase: 1 for phrase 0, and so on up to 31.
fn code(number: usize) -> char {
    u8::try_from(number + 1).map_or(char::REPLACEMENT_CHARACTER, char::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_usual_user_agent_shrinks_to_a_few_bytes() {
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
        let stored = compact(agent);
        assert_eq!(expand(&stored), agent);
        assert!(stored.len() < 10, "{}", stored.len());
    }

    #[test]
    fn numbers_stay_control_characters_and_no_phrase_hides_another() {
        assert!(PHRASES.len() < 32);
        for (number, phrase) in PHRASES.iter().enumerate() {
            assert_eq!(compact(phrase), code(number).to_string(), "{phrase}");
        }
    }

    proptest! {
        #[test]
        fn whatever_has_no_control_characters_reads_back(agent in "(\\PC|Mozilla/5\\.0 \\(| Safari/537\\.36){0,200}") {
            prop_assert_eq!(expand(&compact(&agent)), agent);
        }
    }
}
