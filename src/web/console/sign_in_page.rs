//! The sign-in to the console.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

/// The page with the form for an API key.
#[derive(Clone, Debug, Template)]
#[template(path = "console/sign_in.html")]
pub struct SignInPage {
    pub layout: PageLayout,
    /// The page to which the sign-in leads.
    pub to: String,
    pub name: UntrustedText,
    pub notice: &'static str,
    /// The reason for which the previous attempt failed; empty if there was none.
    pub problem: String,
}
