//! The texts of notifications, by language. Each file of `texts/notifications` is a language; `build.rs` lists them.

use std::{collections::BTreeMap, sync::LazyLock};

use toml::{Table, Value};

// `LANGUAGE_FILES`: the tag and the content of each file.
include!(concat!(env!("OUT_DIR"), "/notification_texts.rs"));

/// The language of users whose own has no texts.
const DEFAULT_LANGUAGE: &str = "en";

static CATALOGUE: LazyLock<BTreeMap<String, TextCatalogue>> = LazyLock::new(|| {
    let languages =
        LANGUAGE_FILES.iter().map(|(tag, file)| (tag.to_ascii_lowercase(), TextCatalogue::parse(tag, file)));
    languages.collect()
});

/// The texts of one language, by key, such as `rules.NEW_DEVICE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextCatalogue {
    pub(super) language: String,
    texts: BTreeMap<String, String>,
}

impl TextCatalogue {
    /// Returns the texts of the language that matches `locale` best (RFC 4647 §3.4, lookup): its subtags are removed
    /// from the end until there is such a language.
    pub(super) fn for_locale(locale: &str) -> &'static Self {
        let locale = locale.to_ascii_lowercase();
        let mut range = locale.as_str();
        loop {
            if let Some(found) = CATALOGUE.get(range) {
                return found;
            }
            match range.rsplit_once('-') {
                Some((shorter, _)) => range = shorter,
                None if range == DEFAULT_LANGUAGE => return &EMPTY,
                None => range = DEFAULT_LANGUAGE,
            }
        }
    }

    /// Returns the text, or that of the default language.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let default = || CATALOGUE.get(DEFAULT_LANGUAGE)?.texts.get(key);
        self.texts.get(key).or_else(default).map(String::as_str)
    }

    fn parse(language: &str, file: &str) -> Self {
        let mut catalogue = Self { language: language.to_owned(), texts: BTreeMap::new() };
        match file.parse::<Table>() {
            Ok(sections) => catalogue.add("", sections),
            Err(error) => tracing::error!(%error, language, "failed to read the texts of a language; using English"),
        }
        catalogue
    }

    fn add(&mut self, prefix: &str, section: Table) {
        for (name, value) in section {
            match value {
                Value::Table(inner) => self.add(&format!("{prefix}{name}."), inner),
                Value::String(text) => drop(self.texts.insert(format!("{prefix}{name}"), text)),
                _ => {}
            }
        }
    }
}

/// The texts of no language.
static EMPTY: TextCatalogue = TextCatalogue { language: String::new(), texts: BTreeMap::new() };

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::detection::AlertRule;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_the_same_texts_with_the_same_placeholders() {
        let english = &CATALOGUE["en"];
        assert!(CATALOGUE.contains_key("de") && english.texts.len() > 40, "{:?}", CATALOGUE.keys());
        for (language, catalogue) in CATALOGUE.iter() {
            let keys = |catalogue: &TextCatalogue| catalogue.texts.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(keys(catalogue), keys(english), "{language}");
            for (key, text) in &catalogue.texts {
                assert_eq!(placeholders(text), placeholders(&english.texts[key]), "{language} {key}");
                assert!(!text.is_empty() && !text.contains(['\n', '\r']), "{language} {key}");
            }
        }
    }

    #[test]
    fn every_rule_has_a_text_in_every_language() {
        for (language, catalogue) in CATALOGUE.iter() {
            for rule in AlertRule::all() {
                let key = format!("rules.{}", rule.name());
                assert!(catalogue.texts.contains_key(&key), "{language} has no {key}");
            }
        }
    }

    #[test]
    fn the_best_match_for_a_locale_is_used() {
        for (locale, language) in [
            ("de", "de"),
            ("DE-at", "de"),
            ("de-Latn-CH-1996", "de"),
            ("en-GB", "en"),
            ("pt-BR", "en"),
            ("d", "en"),
            ("", "en"),
        ] {
            assert_eq!(TextCatalogue::for_locale(locale).language, language, "{locale}");
        }
    }
}
