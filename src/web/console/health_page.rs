//! The health of the nodes.

use askama::Template;

use crate::{
    api,
    domain::UnixMillis,
    web::{language::Language, layout::PageLayout, page_time::PageTime, untrusted::UntrustedText},
};

use super::enum_label;

/// The page with all nodes, and the readiness checks of the one that responds.
#[derive(Clone, Debug, Template)]
#[template(path = "console/health.html")]
pub struct HealthPage {
    pub layout: PageLayout,
    pub is_ready: bool,
    pub checks: Vec<HealthCheckRow>,
    /// `None` if the administrator may not see them.
    pub nodes: Option<Vec<NodeRow>>,
}

/// A readiness check.
#[derive(Clone, Debug)]
pub struct HealthCheckRow {
    pub name: &'static str,
    pub state: &'static str,
    pub detail: UntrustedText,
}

/// A node in a list.
#[derive(Clone, Debug)]
pub struct NodeRow {
    pub name: String,
    pub is_responder: bool,
    pub release: String,
    pub started: PageTime,
    pub state: String,
    /// The checks that do not pass.
    pub checks: String,
    pub clock_skew: String,
    pub lease_age: String,
    pub buckets: u32,
    pub pending_events: u64,
    pub oldest_event: PageTime,
    pub pending_alerts: u64,
}

impl NodeRow {
    #[must_use]
    pub fn new(node: &api::NodeEntry, now: UnixMillis) -> Self {
        let time = |at| PageTime::new(at, now, Language::English);
        let span = |span: Option<prost_types::Duration>| {
            span.map_or_else(
                || "–".to_owned(),
                |span| format!("{} ms", span.seconds * 1000 + i64::from(span.nanos) / 1_000_000),
            )
        };
        Self {
            name: if node.node_id.is_empty() { "this node".to_owned() } else { node.node_id.clone() },
            is_responder: node.is_responder,
            release: node.release.clone(),
            started: time(node.started_at),
            state: match node.state() {
                api::NodeState::Unspecified => "unknown".to_owned(),
                state => enum_label(state.as_str_name(), "NODE_STATE_"),
            },
            checks: [node.failed_checks.as_slice(), &node.degraded_checks].concat().join(", "),
            clock_skew: span(node.clock_skew),
            lease_age: span(node.lease_age),
            buckets: node.buckets,
            pending_events: node.pending_events,
            oldest_event: time(node.oldest_event),
            pending_alerts: node.pending_alerts,
        }
    }
}
