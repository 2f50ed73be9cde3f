//! `/console/health`: the readiness of the node.

use axum::response::Response;

use super::console_page::ConsoleRequest;
use crate::web::console::{HealthCheckRow, HealthPage};

pub(super) fn show(page: &ConsoleRequest<'_>) -> Response {
    let report = page.settings.readiness.readiness();
    let row = |check: &crate::transport::http::CheckReport| HealthCheckRow {
        name: check.name,
        state: check.state.name(),
        detail: check.detail.as_str().into(),
    };
    ConsoleRequest::page(&HealthPage {
        layout: page.layout("Health"),
        is_ready: report.is_ready(),
        checks: report.checks.iter().map(row).collect(),
    })
}
