//! The nodes of the installation, for administrators.

use crate::store::{NodeId, NodeReport};

/// A live node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedNode {
    /// `None` with an embedded store, which has no other nodes.
    pub id: Option<NodeId>,
    /// Set for the node that lists them.
    pub is_responder: bool,
    /// `None` for a node of another release, whose report this one cannot read.
    pub report: Option<NodeReport>,
    /// The names of the readiness checks that failed, and of those that are degraded.
    pub failed_checks: Vec<&'static str>,
    pub degraded_checks: Vec<&'static str>,
}

/// The nodes that are alive, as this node knows them.
pub trait NodeDirectory: Send + Sync {
    /// Returns the nodes, this one first.
    fn nodes(&self) -> Vec<ListedNode>;
}
