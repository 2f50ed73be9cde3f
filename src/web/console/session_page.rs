//! The page of a session.

use askama::Template;

use crate::web::{layout::PageLayout, page_time::PageTime, untrusted::UntrustedText};

use super::{EventRow, SessionRow};

/// The page of one session, with its history.
#[derive(Clone, Debug, Template)]
#[template(path = "console/session.html")]
pub struct SessionPage {
    pub layout: PageLayout,
    pub session: SessionRow,
    pub fields: Vec<SessionField>,
    /// `None` if the audit log is not available.
    pub events: Option<Vec<EventRow>>,
}

/// A property of a session.
#[derive(Clone, Debug)]
pub struct SessionField {
    pub name: &'static str,
    pub text: UntrustedText,
    pub time: PageTime,
}

impl SessionField {
    #[must_use]
    pub fn text(name: &'static str, text: impl Into<UntrustedText>) -> Self {
        Self { name, text: text.into(), time: PageTime::default() }
    }

    #[must_use]
    pub fn time(name: &'static str, time: PageTime) -> Self {
        Self { name, text: UntrustedText::default(), time }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.time.is_known()
    }
}
