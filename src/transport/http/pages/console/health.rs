//! `/console/health`: the nodes, and the readiness of this one.

use super::console_page::{ConsoleRequest, PageResult};
use crate::{
    api,
    transport::grpc::FailedCall,
    web::console::{HealthCheckRow, HealthPage, NodeRow},
};

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let report = page.settings.readiness.readiness();
    let row = |check: &crate::transport::http::CheckReport| HealthCheckRow {
        name: check.name,
        state: check.state.name(),
        detail: check.detail.as_str().into(),
    };
    Ok(ConsoleRequest::page(&HealthPage {
        layout: page.layout("Health"),
        is_ready: report.is_ready(),
        checks: report.checks.iter().map(row).collect(),
        nodes: nodes(page).await?,
    }))
}

/// Returns the nodes; `None` if the administrator may not see them.
async fn nodes(page: &ConsoleRequest<'_>) -> Result<Option<Vec<NodeRow>>, FailedCall> {
    let now = page.now();
    match page.client.admin().list_nodes(api::ListNodesRequest {}).await.map_err(FailedCall::from) {
        Ok(listed) => Ok(Some(listed.into_inner().nodes.iter().map(|node| NodeRow::new(node, now)).collect())),
        Err(failed) if failed.http_status() == 403 => Ok(None),
        Err(failed) => Err(failed),
    }
}
