//! Counts as text for people.

/// Returns the count with its noun: "1 session", "2 sessions".
pub fn pluralize(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let texts = [0, 1, 2].map(|count| pluralize(count, "session"));
        assert_eq!(texts, ["0 sessions", "1 session", "2 sessions"]);
    }
}
