//! The frame of every page.

use super::{assets, language::Language, untrusted::UntrustedText};

/// A group of pages with a navigation of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageArea {
    Console,
    Account,
}

/// The entries of the navigation of the console: path and name.
const CONSOLE_NAVIGATION: &[(&str, &str)] = &[
    ("/console", "Overview"),
    ("/console/sessions", "Sessions"),
    ("/console/user", "Users"),
    ("/console/alerts", "Alerts"),
    ("/console/revoke", "Revoke"),
    ("/console/audit", "Audit log"),
    ("/console/tenants", "Tenants"),
    ("/console/webhooks", "Webhooks"),
    ("/console/health", "Health"),
];

/// The parts of a page that do not depend on its contents.
#[derive(Clone, Debug)]
pub struct PageLayout {
    pub area: PageArea,
    pub language: Language,
    pub title: String,
    /// The path of the page, for the navigation.
    pub path: String,
    /// The name of the person who is signed in; empty if nobody is.
    pub person: UntrustedText,
}

impl PageLayout {
    #[must_use]
    pub fn console(title: &str, path: &str, person: &str) -> Self {
        Self {
            area: PageArea::Console,
            language: Language::English,
            title: title.to_owned(),
            path: path.to_owned(),
            person: person.into(),
        }
    }

    #[must_use]
    pub fn account(title: &str, person: &str, language: Language) -> Self {
        Self {
            area: PageArea::Account,
            language,
            title: title.to_owned(),
            path: "/account/sessions".to_owned(),
            person: person.into(),
        }
    }

    #[must_use]
    pub const fn base(&self) -> &'static str {
        match self.area {
            PageArea::Console => "/console",
            PageArea::Account => "/account",
        }
    }

    #[must_use]
    pub const fn is_console(&self) -> bool {
        matches!(self.area, PageArea::Console)
    }

    /// Returns the navigation, empty before the sign-in.
    #[must_use]
    pub fn navigation(&self) -> &'static [(&'static str, &'static str)] {
        if self.is_console() && !self.person.is_empty() { CONSOLE_NAVIGATION } else { &[] }
    }

    /// Returns the address of a file of `web/assets`.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::address(self.base(), name)
    }
}
