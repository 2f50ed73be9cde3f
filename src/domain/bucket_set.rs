//! Sets of buckets.

use std::fmt;

use super::id::Bucket;

/// A set of buckets, as 256 bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct BucketSet([u64; 4]);

impl BucketSet {
    pub const EMPTY: Self = Self([0; 4]);
    pub const ALL: Self = Self([u64::MAX; 4]);

    #[must_use]
    pub fn contains(&self, bucket: Bucket) -> bool {
        let (word, bit) = bit_position(bucket);
        self.0[word] & bit != 0
    }

    pub fn insert(&mut self, bucket: Bucket) {
        let (word, bit) = bit_position(bucket);
        self.0[word] |= bit;
    }

    pub fn remove(&mut self, bucket: Bucket) {
        let (word, bit) = bit_position(bucket);
        self.0[word] &= !bit;
    }

    /// Returns the buckets in order.
    pub fn iter(self) -> impl Iterator<Item = Bucket> {
        Bucket::all().filter(move |bucket| self.contains(*bucket))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    /// Returns the buckets of this set that are not in `other`.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    /// Parses the text that [`fmt::Display`] writes. Returns `None` for any other text.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut words = [0; 4];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (word, digits) in words.iter_mut().zip(text.as_bytes().chunks(16)) {
            *word = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(words))
    }
}

impl FromIterator<Bucket> for BucketSet {
    fn from_iter<I: IntoIterator<Item = Bucket>>(buckets: I) -> Self {
        let mut set = Self::EMPTY;
        buckets.into_iter().for_each(|bucket| set.insert(bucket));
        set
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for BucketSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl fmt::Debug for BucketSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Bucket {
    /// The set of all buckets.
    pub const ALL: BucketSet = BucketSet::ALL;
}

fn bit_position(bucket: Bucket) -> (usize, u64) {
    (usize::from(bucket.0 / 64), 1 << (bucket.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        let some: BucketSet = [255, 0, 64, 0].map(Bucket).into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [0, 64, 255].map(Bucket));
        assert_eq!((some.len(), BucketSet::ALL.len(), BucketSet::EMPTY.is_empty()), (3, 256, true));
        assert_eq!(BucketSet::ALL.difference(some).union(some), BucketSet::ALL);
        assert!(BucketSet::ALL.difference(some).intersection(some).is_empty());
    }

    #[test]
    fn a_set_survives_its_text() {
        let some: BucketSet = [1, 2, 200].map(Bucket).into_iter().collect();
        assert_eq!(BucketSet::from_hex(&some.to_string()), Some(some));
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(BucketSet::from_hex(wrong), None);
        }
    }
}
