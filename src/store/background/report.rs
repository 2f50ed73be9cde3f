//! The reports that nodes exchange with their heartbeats.

use std::fmt;

use super::{NodeHealth, NodeId};
use crate::{
    domain::{BucketSet, UnixMillis},
    store::{AlertPosition, Backlog},
};

/// The report of a node on its buckets. The backlog was counted after everything up to `written_until` was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// True if the node can do the work at the moment. A node that is not available leaves its share to those that are.
    pub is_available: bool,
    /// The buckets that it owns and has counted.
    pub buckets: BucketSet,
    pub backlog: Backlog,
    /// The time up to which every end by timeout in its buckets is written, by the clock of the node. `None` if not
    /// known yet.
    pub written_until: Option<UnixMillis>,
    /// The findings that wait in its buckets, and the time of the oldest.
    pub findings: Backlog,
    /// The position up to which alerts are archived. `None` if the node does not archive.
    pub archived: Option<AlertPosition>,
    /// The time up to which its buckets have been swept, by the clock of the node, even if a mass revocation with its
    /// home in one of them holds `written_until` back. `None` if not known yet, or if the report is of an earlier
    /// release.
    pub swept_until: Option<UnixMillis>,
    /// `None` if the report is of another release.
    pub health: Option<NodeHealth>,
}

/// A version and nine words, or ten with the health; `-` stands for no value. Earlier releases wrote fewer words, and ignore any that follow.
impl fmt::Display for NodeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: Option<UnixMillis>| time.map_or_else(|| "-".to_owned(), |time| time.get().to_string());
        let Self { is_available: is_able, buckets, backlog, written_until, findings, archived, swept_until, health } =
            self;
        let archived = archived.map_or_else(|| "-".to_owned(), |position| position.to_string());
        write!(f, "1 {} {buckets} {} {} ", u8::from(*is_able), backlog.events, time(backlog.oldest))?;
        write!(f, "{} {} {} {archived} ", time(*written_until), findings.events, time(findings.oldest))?;
        write!(f, "{}", time(*swept_until))?;
        health.map_or(Ok(()), |health| write!(f, " {health}"))
    }
}

impl NodeReport {
    /// Parses the text that [`fmt::Display`] writes. Returns `None` for a report of another release.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut word = || words.next();
        let time = |word: &str| match word {
            "-" => Some(None),
            number => number.parse().ok().map(|number| Some(UnixMillis::new(number))),
        };
        if word()? != "1" {
            return None;
        }
        let is_able = word()? == "1";
        let buckets = BucketSet::from_hex(word()?)?;
        let backlog = Backlog { events: word()?.parse().ok()?, oldest: time(word()?)? };
        let written_until = time(word()?)?;
        let findings = Backlog { events: word()?.parse().ok()?, oldest: time(word()?)? };
        let archived = match word()? {
            "-" => None,
            position => Some(position.parse().ok()?),
        };
        let swept_until = word().map_or(Some(None), time)?;
        let health = word().and_then(NodeHealth::parse);
        Some(Self { is_available: is_able, buckets, backlog, written_until, findings, archived, swept_until, health })
    }
}

/// A node that is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveNode {
    pub id: NodeId,
    /// `None` for a node of another release, whose report this one cannot read.
    pub report: Option<NodeReport>,
}

/// Returns the time up to which these nodes have swept these buckets: the latest possible time if there are none.
/// Returns `None` if one of the nodes has not reported it, or one of the buckets belongs to none of them.
#[must_use]
pub fn swept_until(nodes: &[LiveNode], buckets: BucketSet) -> Option<UnixMillis> {
    let (mut unswept, mut least) = (buckets, UnixMillis::new(u64::MAX));
    for node in nodes {
        let report = node.report?;
        if !report.buckets.is_empty() {
            unswept = unswept.difference(report.buckets);
            least = least.min(report.swept_until?);
        }
    }
    unswept.is_empty().then_some(least)
}

/// The response to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatResponse {
    /// True if the node's own last heartbeat still counted. Otherwise other nodes may have taken its buckets.
    pub was_alive: bool,
    /// The other nodes that are alive.
    pub others: Vec<LiveNode>,
}

/// The combined reports of all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterView {
    /// The number of live nodes, this one included.
    pub nodes: usize,
    /// The buckets that a node owns and has counted.
    pub covered: BucketSet,
    pub backlog: Backlog,
    /// `None` if not known for every bucket.
    pub written_until: Option<UnixMillis>,
    pub findings: Backlog,
    pub archived: Option<AlertPosition>,
}

impl ClusterView {
    /// Adds up the report of this node and those of others. If two nodes count the same bucket, both count.
    #[must_use]
    pub fn combine(own: &NodeReport, others: &[LiveNode]) -> Self {
        let mut view = Self { nodes: 1 + others.len(), ..Self::default() };
        let (mut written_until, mut is_known) = (None::<UnixMillis>, true);
        for report in others.iter().filter_map(|node| node.report.as_ref()).chain([own]) {
            view.covered = view.covered.union(report.buckets);
            view.backlog = sum(view.backlog, report.backlog);
            view.findings = sum(view.findings, report.findings);
            view.archived = view.archived.max(report.archived);
            if !report.buckets.is_empty() {
                is_known &= report.written_until.is_some();
                written_until = written_until.into_iter().chain(report.written_until).min();
            }
        }
        view.written_until = written_until.filter(|_| is_known && view.is_complete());
        view
    }

    /// Returns whether every bucket was counted by a node.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.covered == BucketSet::ALL
    }
}

fn sum(one: Backlog, other: Backlog) -> Backlog {
    let oldest = one.oldest.into_iter().chain(other.oldest).min();
    Backlog { events: one.events.saturating_add(other.events), oldest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Bucket;

    const fn at(seconds: u64) -> UnixMillis {
        UnixMillis::new(seconds * 1_000)
    }

    fn report(buckets: std::ops::Range<u8>, events: u64, written_until: Option<UnixMillis>) -> NodeReport {
        let backlog = Backlog { events, oldest: (events > 0).then(|| at(100 + events)) };
        NodeReport { buckets: buckets.map(Bucket).collect(), backlog, written_until, ..NodeReport::default() }
    }

    fn live(report: NodeReport) -> LiveNode {
        LiveNode { id: NodeId([0; 8]), report: Some(report) }
    }

    #[test]
    fn a_report_survives_its_text() {
        let full = NodeReport {
            is_available: true,
            findings: Backlog { events: 3, oldest: Some(at(5)) },
            archived: Some(AlertPosition { major: 7, minor: 8 }),
            swept_until: Some(at(95)),
            health: Some(NodeHealth::default()),
            ..report(3..9, 12, Some(at(90)))
        };
        for report in [NodeReport::default(), full] {
            assert_eq!(NodeReport::parse(&report.to_string()), Some(report));
        }
        let text = full.to_string();
        let (of_earlier_release, _) = text.rsplit_once(' ').expect("words");
        let without_health = NodeReport { health: None, ..full };
        assert_eq!(NodeReport::parse(of_earlier_release), Some(without_health));
        let (of_first_release, _) = of_earlier_release.rsplit_once(' ').expect("words");
        assert_eq!(NodeReport::parse(of_first_release), Some(NodeReport { swept_until: None, ..without_health }));
        for wrong in ["", "2", "1 1 00 0 - - 0 - -", "later release"] {
            assert_eq!(NodeReport::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nodes_say_together_what_waits_and_up_to_when_all_is_written() {
        let own = NodeReport {
            buckets: BucketSet::ALL.difference(report(0..128, 0, None).buckets),
            ..report(0..0, 2, Some(at(80)))
        };
        let view = ClusterView::combine(&own, &[live(report(0..128, 5, Some(at(70))))]);
        assert!(view.is_complete());
        assert_eq!((view.nodes, view.backlog.events, view.backlog.oldest), (2, 7, Some(at(102))));
        assert_eq!(view.written_until, Some(at(70)));
    }

    #[test]
    fn without_the_word_of_every_owner_nothing_is_said_to_be_written() {
        let half = report(0..128, 0, Some(at(70)));
        let rest = NodeReport { buckets: BucketSet::ALL.difference(half.buckets), ..NodeReport::default() };
        assert_eq!(ClusterView::combine(&half, &[]).written_until, None, "no node owns the rest");
        assert_eq!(ClusterView::combine(&half, &[live(rest)]).written_until, None, "its owner has not swept it");
        let of_later_release = LiveNode { id: NodeId([0; 8]), report: None };
        assert!(!ClusterView::combine(&half, &[of_later_release]).is_complete());
    }

    #[test]
    fn the_node_that_swept_longest_ago_decides_and_one_that_has_not_said_leaves_it_unknown() {
        let swept = |buckets, until| live(NodeReport { swept_until: until, ..report(buckets, 0, Some(at(10))) });
        let both: BucketSet = (0..16).map(Bucket).collect();
        assert_eq!(swept_until(&[], BucketSet::EMPTY), Some(UnixMillis::new(u64::MAX)));
        let (early, late) = (swept(0..8, Some(at(70))), swept(8..16, Some(at(80))));
        assert_eq!(swept_until(&[late, early], both), Some(at(70)));
        assert_eq!(swept_until(&[late, early, swept(0..0, None)], both), Some(at(70)), "it owns nothing");
        assert_eq!(swept_until(&[early, swept(8..16, None)], both), None);
        assert_eq!(swept_until(&[early, late, LiveNode { report: None, ..late }], both), None);
        assert_eq!(swept_until(&[early], both), None, "no node owns the rest");
    }
}
