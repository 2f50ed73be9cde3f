//! Pages that report a problem.

use askama::Template;

use super::{layout::PageLayout, untrusted::UntrustedText};

/// A page that explains a problem and its remedy.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    pub layout: PageLayout,
    pub heading: String,
    pub text: UntrustedText,
    /// Address and text of a link that leads on. Both may be empty.
    pub next: (String, String),
    /// The ID of the request, for the operator; empty if it does not matter.
    pub request_id: String,
}
