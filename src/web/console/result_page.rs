//! The result of a change.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

/// The page that says what a change did.
#[derive(Clone, Debug, Template)]
#[template(path = "console/result.html")]
pub struct ResultPage {
    pub layout: PageLayout,
    pub heading: String,
    pub lines: Vec<UntrustedText>,
    /// Address and text of the link that leads on.
    pub next: (String, String),
}
