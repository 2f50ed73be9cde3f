//! The health of this node, and that of the others.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::readiness::Readiness;
use crate::{
    audit::RelayStatus,
    authority::{ListedNode, NodeDirectory, clock_monitor::ClockMonitor},
    clock::Clock,
    domain::{Bucket, BucketSet, UnixMillis},
    near_cache::{NearCache, source::LeaseProof},
    store::{NodeHealth, NodeId, NodeReport, Release, SharedWork},
    telemetry::metrics::{MetricLabel, ReadinessCheck},
    transport::http::{CheckState, ManagementSource},
};

/// Reports the health of this node to the others and to administrators.
pub(super) struct NodeMonitor {
    pub(super) shared: Option<SharedWork>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) near_cache: Arc<NearCache>,
    pub(super) relay: watch::Receiver<RelayStatus>,
    pub(super) started_at: UnixMillis,
}

impl NodeMonitor {
    /// Returns the health of this node now.
    pub(super) fn health(&self) -> NodeHealth {
        let report = self.readiness.readiness();
        let in_state = |state: CheckState| {
            let numbered = report.checks.iter().zip(0_u32..).filter(|(check, _)| check.state == state);
            numbered.fold(0_u32, |bits, (_, number)| bits | 1_u32.checked_shl(number).unwrap_or(0))
        };
        NodeHealth {
            release: Release::parse(env!("CARGO_PKG_VERSION")).unwrap_or_default(),
            started_at: self.started_at,
            failed_checks: in_state(CheckState::Failed),
            degraded_checks: in_state(CheckState::Degraded),
            clock_skew: self.clock_monitor.skew(self.clock.instant()),
            lease_age: self.lease_age(),
        }
    }

    /// Returns the age of the youngest lease.
    fn lease_age(&self) -> Option<Duration> {
        let now = self.clock.instant();
        let age = |bucket| match self.near_cache.memory.lease(Bucket(bucket))?.proof() {
            LeaseProof::Unproven => None,
            LeaseProof::AsOf(moment) => Some(moment.elapsed_until(now)),
            LeaseProof::AsOfNow => Some(Duration::ZERO),
        };
        (0..=u8::MAX).filter_map(age).min()
    }

    fn own_report(&self) -> NodeReport {
        let health = Some(self.health());
        match &self.shared {
            Some(work) => NodeReport { health, ..work.assignment.own_report() },
            None => NodeReport {
                is_available: true,
                buckets: BucketSet::ALL,
                backlog: self.relay.borrow().backlog,
                health,
                ..NodeReport::default()
            },
        }
    }
}

impl NodeDirectory for NodeMonitor {
    fn nodes(&self) -> Vec<ListedNode> {
        let own_id = self.shared.as_ref().map(|work| work.assignment.node());
        let mut others = self.shared.as_ref().map(|work| work.assignment.others()).unwrap_or_default();
        others.sort_by_key(|node| node.id);
        let own = list_node(own_id, true, Some(self.own_report()));
        std::iter::once(own)
            .chain(others.into_iter().map(|node| list_node(Some(node.id), false, node.report)))
            .collect()
    }
}

fn list_node(id: Option<NodeId>, is_responder: bool, report: Option<NodeReport>) -> ListedNode {
    let health = report.and_then(|report| report.health).unwrap_or_default();
    ListedNode {
        id,
        is_responder,
        report,
        failed_checks: check_names(health.failed_checks),
        degraded_checks: check_names(health.degraded_checks),
    }
}

/// Returns the names of checks. A check of a later release has none here.
fn check_names(bits: u32) -> Vec<&'static str> {
    let numbered = ReadinessCheck::all().zip(0_u32..);
    numbered.filter(|(_, number)| (bits >> number) & 1 == 1).map(|(check, _)| check.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_named_in_the_order_of_their_bits() {
        assert_eq!(check_names(0b11), ["server", "store"]);
        assert!(check_names(0).is_empty());
        assert_eq!(check_names(u32::MAX).len(), ReadinessCheck::all().count());
    }

    /// Nodes of different releases understand each other only while the numbers stay.
    #[test]
    fn the_numbers_of_checks_never_change() {
        let names: Vec<_> = ReadinessCheck::all().map(ReadinessCheck::name).collect();
        let known = [
            "server",
            "store",
            "store_writes",
            "store_settings",
            "clock",
            "cache",
            "audit",
            "callers",
            "certificates",
            "geoip",
            "alerts",
        ];
        assert_eq!(names[..known.len()], known);
    }
}
