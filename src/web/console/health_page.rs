//! The health of the node.

use askama::Template;

use crate::web::{layout::PageLayout, untrusted::UntrustedText};

/// The page with the readiness checks of the node that responds.
#[derive(Clone, Debug, Template)]
#[template(path = "console/health.html")]
pub struct HealthPage {
    pub layout: PageLayout,
    pub is_ready: bool,
    pub checks: Vec<HealthCheckRow>,
}

/// A readiness check.
#[derive(Clone, Debug)]
pub struct HealthCheckRow {
    pub name: &'static str,
    pub state: &'static str,
    pub detail: UntrustedText,
}
