//! `session-authority nodes`.

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        option_values::from_proto_duration,
        terminal::{RenderContext, TextTable, format_time_since},
    },
};

use super::{
    ServerConnection, UnaryCommand,
    session_format::{enum_label, to_unix_millis},
};

/// List the live nodes with their release, state, clock skew and backlog
///
/// Exits with 1 if a node is not ready.
#[derive(Args)]
pub struct NodesCommand {}

const HEADER: &[&str] =
    &["NODE", "RELEASE", "STATE", "CHECKS", "STARTED", "CLOCK SKEW", "LEASE AGE", "BUCKETS", "EVENTS", "ALERTS"];

impl UnaryCommand for NodesCommand {
    type Request = api::ListNodesRequest;
    type Answer = api::ListNodesResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ListNodesRequest {})
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.admin().list_nodes(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut table = TextTable::new(HEADER);
        for node in &answer.nodes {
            table.add_row(row(node, view));
        }
        table.render(view.style)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        let has_failed = answer.nodes.iter().any(|node| node.state() == api::NodeState::Failed);
        if has_failed { ExitStatus::Failure } else { ExitStatus::Success }
    }
}

fn row(node: &api::NodeEntry, view: RenderContext) -> Vec<String> {
    let span = |span: Option<prost_types::Duration>| {
        let span = span.and_then(from_proto_duration);
        span.map_or_else(|| "-".to_owned(), |span| format!("{} ms", span.as_millis()))
    };
    let started = node.started_at.and_then(to_unix_millis);
    let checks = [node.failed_checks.as_slice(), &node.degraded_checks].concat();
    vec![
        if node.node_id.is_empty() { "this node".to_owned() } else { node.node_id.clone() },
        if node.release.is_empty() { "-".to_owned() } else { node.release.clone() },
        enum_label(node.state().as_str_name(), "NODE_STATE_"),
        if checks.is_empty() { "-".to_owned() } else { checks.join(", ") },
        started.map_or_else(|| "-".to_owned(), |at| format_time_since(at, view.now)),
        span(node.clock_skew),
        span(node.lease_age),
        node.buckets.to_string(),
        node.pending_events.to_string(),
        node.pending_alerts.to_string(),
    ]
}
