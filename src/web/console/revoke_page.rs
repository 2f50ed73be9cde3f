//! Ending the sessions that match criteria.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

use super::{SessionCriteria, SessionRow};

/// The page with the criteria and, after a dry run, the sessions that match.
#[derive(Clone, Debug, Template)]
#[template(path = "console/revoke.html")]
pub struct RevokePage {
    pub layout: PageLayout,
    pub search: SessionCriteria,
    /// `None` before the dry run.
    pub preview: Option<RevokePreview>,
    pub reason: UntrustedText,
    /// The problem with the form. Empty if the form is valid.
    pub problem: String,
}

/// The result of a dry run.
#[derive(Clone, Debug)]
pub struct RevokePreview {
    pub count: u64,
    pub sample: Vec<SessionRow>,
    /// The criteria as fields of the form that confirms.
    pub criteria: Vec<(&'static str, String)>,
}
