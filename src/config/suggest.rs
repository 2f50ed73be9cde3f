//! Suggestions for misspelled settings.

/// Returns the key of `known` that is nearest to `wrong`: a few letters away, or the same name in another section.
pub(super) fn suggest_key<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let typing_errors = (wrong.len() / 5).clamp(2, 3);
    let by_letters = known
        .clone()
        .map(|key| (edit_distance(wrong, key), key))
        .filter(|(distance, _)| *distance <= typing_errors)
        .min()
        .map(|(_, key)| key);
    let name = |key: &'a str| key.rsplit('.').next() == wrong.rsplit('.').next();
    by_letters.or_else(|| known.into_iter().find(|key| name(key)))
}

/// Returns the number of insertions, deletions and substitutions that turn `a` into `b` (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_and_a_wrong_section_find_the_setting() {
        let known = ["listen", "store.url", "audit.url", "server.request_timeout"];
        let nearest = |wrong| suggest_key(wrong, known.into_iter());
        assert_eq!(nearest("stor.url"), Some("store.url"));
        assert_eq!(nearest("store.ulr"), Some("store.url"));
        assert_eq!(nearest("server.request_timout"), Some("server.request_timeout"));
        assert_eq!(nearest("sessions.request_timeout"), Some("server.request_timeout"));
        assert_eq!(nearest("server.listen"), Some("listen"));
        assert_eq!(nearest("completely.different"), None);
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "ab"), 2);
        assert_eq!(edit_distance("ab", "ab"), 0);
    }
}
