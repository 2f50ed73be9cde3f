//! Rendezvous hashing, which assigns buckets to nodes: a node that joins or leaves moves only its own share.

use super::{LiveNode, NodeId};
use crate::domain::{Bucket, BucketSet};

/// Returns the buckets that belong to `node` among `nodes`, which includes it.
#[must_use]
pub fn rendezvous_share(node: NodeId, nodes: &[NodeId]) -> BucketSet {
    Bucket::all().filter(|bucket| nodes.iter().max_by_key(|node| score(**node, *bucket)) == Some(&node)).collect()
}

/// Returns the buckets for which `node` is responsible beside `others`: its share among the available nodes, or among
/// all of them while none is available.
#[must_use]
pub fn effective_share(node: NodeId, is_able: bool, others: &[LiveNode]) -> BucketSet {
    // A node of another release counts as available, because its report cannot be read.
    let able = |other: &&LiveNode| other.report.is_none_or(|report| report.is_available);
    let mut nodes: Vec<_> = others.iter().filter(able).map(|other| other.id).collect();
    if is_able {
        nodes.push(node);
    } else if nodes.is_empty() {
        nodes = others.iter().map(|other| other.id).chain([node]).collect();
    }
    if nodes.contains(&node) { rendezvous_share(node, &nodes) } else { BucketSet::EMPTY }
}

/// Returns the score of a node for a bucket. The ID breaks a tie.
fn score(node: NodeId, bucket: Bucket) -> (u64, NodeId) {
    (splitmix64(u64::from_be_bytes(node.0) ^ splitmix64(u64::from(bucket.0) + 1)), node)
}

/// The output function of `SplitMix64`.
const fn splitmix64(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NodeReport;

    fn nodes(number: u64) -> Vec<NodeId> {
        (1..=number).map(|id| NodeId(splitmix64(id * 977).to_be_bytes())).collect()
    }

    #[test]
    fn every_bucket_has_one_owner_and_shares_are_even() {
        for number in [1, 2, 3, 8] {
            let nodes = nodes(number);
            let shares: Vec<_> = nodes.iter().map(|node| rendezvous_share(*node, &nodes)).collect();
            assert_eq!(shares.iter().map(BucketSet::len).sum::<usize>(), 256);
            assert_eq!(shares.iter().fold(BucketSet::EMPTY, |all, share| all.union(*share)), BucketSet::ALL);
            let fair = 256 / nodes.len();
            for share in shares {
                assert!((fair / 2..=fair * 2).contains(&share.len()), "{} of {number} nodes", share.len());
            }
        }
    }

    #[test]
    fn a_node_that_is_not_able_leaves_its_share_to_those_that_are() {
        let [one, other] = nodes(2)[..] else { panic!("two nodes") };
        let live = |is_able| {
            [LiveNode { id: other, report: Some(NodeReport { is_available: is_able, ..NodeReport::default() }) }]
        };
        let half = rendezvous_share(one, &[one, other]);
        assert_eq!(effective_share(one, true, &live(true)), half);
        assert_eq!(effective_share(one, true, &live(false)), BucketSet::ALL);
        assert_eq!(effective_share(one, false, &live(true)), BucketSet::EMPTY);
        assert_eq!(effective_share(one, false, &live(false)), half, "no node is available");
        assert_eq!(effective_share(one, false, &[]), BucketSet::ALL);
    }

    #[test]
    fn a_node_that_leaves_moves_its_own_buckets_alone() {
        let all = nodes(4);
        for node in &all[1..] {
            let (before, after) = (rendezvous_share(*node, &all), rendezvous_share(*node, &all[1..]));
            assert!(before.difference(after).is_empty(), "it keeps its buckets");
        }
    }
}
