//! The languages of the pages for users.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Returns the tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.choose("en", "de")
    }

    /// Returns the name of the language in that language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.choose("English", "Deutsch")
    }

    pub(super) const fn choose(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// Returns the language with this tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Returns the language that a browser prefers, by its header `accept-language` (RFC 9110 §12.5.4).
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best = (0.0, Self::English);
        for range in accept_language.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |value| value.parse::<f32>().ok());
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            if let (Some(language), Some(quality)) = (Self::from_tag(&primary), quality)
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_the_first_known_one_of_the_highest_quality() {
        for (header, expected) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT, en;q=0.5", Language::German),
            ("en;q=0.5, de;q=0.6", Language::German),
            ("en, de", Language::English),
            ("fr, de;q=0.1", Language::German),
            ("fr", Language::English),
            ("de;q=0", Language::English),
            ("de;q=x, en", Language::English),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }
}
