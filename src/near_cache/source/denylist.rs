//! The denied JWT IDs of one bucket.

use crate::domain::{JwtIdDigest, UnixMillis};

/// The denied JWT IDs of one bucket at one moment, each with the time at which its denial ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketDenylist {
    /// Ordered by digest.
    denials: Box<[(JwtIdDigest, UnixMillis)]>,
}

impl BucketDenylist {
    #[must_use]
    pub fn new(mut denials: Vec<(JwtIdDigest, UnixMillis)>) -> Self {
        denials.sort_unstable();
        Self { denials: denials.into_boxed_slice() }
    }

    /// Returns the time at which the denial of an ID ends; `None` if it is not denied.
    #[must_use]
    pub fn denial_end(&self, id: &JwtIdDigest) -> Option<UnixMillis> {
        let found = self.denials.binary_search_by(|(digest, _)| digest.cmp(id)).ok()?;
        self.denials.get(found).map(|(_, ends_at)| *ends_at)
    }

    /// Returns the number of IDs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.denials.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.denials.is_empty()
    }

    /// Returns the memory of the list, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.denials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::MAX_DENIALS_PER_BUCKET;

    #[test]
    fn each_id_has_its_time_in_whatever_order_it_was_read() {
        let denial = |byte: u8| (JwtIdDigest([byte; 16]), UnixMillis::new(byte.into()));
        let list = BucketDenylist::new([3, 1, 2].map(denial).to_vec());
        for byte in 1..=3 {
            assert_eq!(list.denial_end(&JwtIdDigest([byte; 16])), Some(UnixMillis::new(byte.into())));
        }
        assert_eq!((list.denial_end(&JwtIdDigest([4; 16])), list.len()), (None, 3));
    }

    #[test]
    fn a_full_denylist_takes_24_mib() {
        let list = BucketDenylist::new(vec![(JwtIdDigest([0; 16]), UnixMillis::MAX); MAX_DENIALS_PER_BUCKET]);
        assert_eq!(list.bytes() * 256, 24 << 20);
    }
}
