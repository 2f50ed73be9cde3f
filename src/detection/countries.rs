//! English names of countries.

/// ISO 3166-1 alpha-2 codes, each with a name that reads well after "from".
const NAMES: &str = include_str!("countries.txt");

/// Returns the English name of a country, or the code itself if no country has it.
pub(super) fn country_name(code: &str) -> &str {
    let of_line = |line: &'static str| line.split_once(' ').filter(|(known, _)| *known == code).map(|(_, name)| name);
    NAMES.lines().find_map(of_line).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_of_the_standard_has_a_name_once() {
        let codes: Vec<_> = NAMES.lines().filter_map(|line| line.split_once(' ')).collect();
        assert_eq!(codes.len(), 249 + 1, "and Kosovo, whose code is user-assigned");
        assert!(codes.is_sorted_by(|(one, _), (other, _)| one < other), "in order, each once");
        assert!(codes.iter().all(|(code, name)| code.len() == 2 && name.len() > 3));
        assert_eq!((country_name("BR"), country_name("US"), country_name("??")), ("Brazil", "the United States", "??"));
    }
}
