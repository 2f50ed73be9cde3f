//! `ListNodes`.

use tonic::Request;

use crate::{
    api,
    authority::{ListedNode, NodeDirectory, permissions::permit_all_tenants},
    domain::CallError,
    transport::grpc::{
        call::CallContext,
        response::{duration, timestamp},
    },
};

pub(super) fn handle(
    directory: &dyn NodeDirectory,
    request: &Request<api::ListNodesRequest>,
) -> Result<api::ListNodesResponse, CallError> {
    permit_all_tenants(&CallContext::from_request(request)?.caller)?;
    Ok(api::ListNodesResponse { nodes: directory.nodes().into_iter().map(entry).collect() })
}

fn entry(node: ListedNode) -> api::NodeEntry {
    let report = node.report.unwrap_or_default();
    let state = match report.health {
        None => api::NodeState::Unspecified,
        Some(health) if health.failed_checks != 0 => api::NodeState::Failed,
        Some(health) if health.degraded_checks != 0 => api::NodeState::Degraded,
        Some(_) => api::NodeState::Ok,
    };
    let health = report.health;
    api::NodeEntry {
        node_id: node.id.map(|id| id.to_string()).unwrap_or_default(),
        is_responder: node.is_responder,
        release: health.map(|health| health.release.to_string()).unwrap_or_default(),
        started_at: health.map(|health| timestamp(health.started_at)),
        state: state.into(),
        failed_checks: node.failed_checks.into_iter().map(str::to_owned).collect(),
        degraded_checks: node.degraded_checks.into_iter().map(str::to_owned).collect(),
        clock_skew: health.and_then(|health| health.clock_skew).map(duration),
        lease_age: health.and_then(|health| health.lease_age).map(duration),
        buckets: u32::try_from(report.buckets.len()).unwrap_or(u32::MAX),
        pending_events: report.backlog.events,
        oldest_event: report.backlog.oldest.map(timestamp),
        pending_alerts: report.findings.events,
    }
}
