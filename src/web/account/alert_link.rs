//! The page that asks for the confirmation of an answer to an alert.

use askama::Template;

use super::AccountText;
use crate::web::{Language, PageLayout};

/// The page behind a link of a notification. Only its form gives the answer.
#[derive(Clone, Debug, Template)]
#[template(path = "account/alert_link.html")]
pub struct AlertLinkPage {
    layout: PageLayout,
    text: &'static AccountText,
    heading: &'static str,
    explanation: &'static str,
    confirm: &'static str,
    ends_session: bool,
    /// The address of the form, which is that of the page.
    address: String,
    other_languages: Vec<(String, Language)>,
}

impl AlertLinkPage {
    /// Creates the page at `address`, for the answer that it was the user, or was not.
    #[must_use]
    pub fn new(address: &str, was_me: bool, language: Language) -> Self {
        let text = AccountText::in_language(language);
        let heading = if was_me { text.link_was_me_heading } else { text.link_was_not_me_heading };
        let other = |language: Language| (format!("?lang={}", language.tag()), language);
        Self {
            layout: PageLayout::account(heading, "", language),
            text,
            heading,
            explanation: if was_me { text.link_was_me } else { text.link_was_not_me },
            confirm: if was_me { text.link_was_me_confirm } else { text.link_was_not_me_confirm },
            ends_session: !was_me,
            address: address.to_owned(),
            other_languages: Language::ALL.into_iter().filter(|own| *own != language).map(other).collect(),
        }
    }
}
