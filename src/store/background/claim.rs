//! Claims to the background work of buckets.

use std::{collections::BTreeMap, fmt};

use crate::domain::Bucket;

/// The ID of a node, a running server process. It is random, and reveals nothing about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub [u8; 8]);

impl NodeId {
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = (text.len() == 16).then_some(text)?;
        u64::from_str_radix(digits, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// The right of a node to do the background work of a bucket, until another node claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketClaim {
    pub bucket: Bucket,
    pub node: NodeId,
    /// A number that grows with every change of the owner.
    pub epoch: u64,
}

/// `node:epoch`, as stored in the bucket.
impl fmt::Display for BucketClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.epoch)
    }
}

/// The claims under which a piece of work was started.
pub type BucketClaims = BTreeMap<Bucket, BucketClaim>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_known_by_its_text() {
        let node = NodeId([0, 1, 2, 3, 4, 5, 6, 255]);
        assert_eq!(node.to_string(), "00010203040506ff");
        assert_eq!(NodeId::from_hex(&node.to_string()), Some(node));
        for wrong in ["", "00", "g000000000000000", "+0010203040506ff0"] {
            assert_eq!(NodeId::from_hex(wrong), None, "{wrong}");
        }
        assert_eq!(BucketClaim { bucket: Bucket(7), node, epoch: 12 }.to_string(), "00010203040506ff:12");
    }
}
