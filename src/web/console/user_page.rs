//! The page of a user.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

use super::{AlertItem, EventRow, SessionRow};

/// The page that finds a user, and the page of the user.
#[derive(Clone, Debug, Template)]
#[template(path = "console/user.html")]
pub struct UserPage {
    pub layout: PageLayout,
    /// The tenant as it is passed on in forms.
    pub tenant: String,
    /// The user ID as it is passed on in forms; empty if none was chosen.
    pub user: String,
    pub shown_user: UntrustedText,
    pub shown_tenant: UntrustedText,
    pub sessions: Vec<SessionRow>,
    /// Sessions that have ended; `None` if the audit log is not available.
    pub ended: Option<Vec<SessionRow>>,
    pub events: Option<Vec<EventRow>>,
    pub alerts: Vec<AlertItem>,
    pub audit_address: String,
    /// The idempotency key of a revocation.
    pub operation_id: String,
}
