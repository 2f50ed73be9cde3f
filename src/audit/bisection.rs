//! Bisection of a batch, to find the entries that a database rejects.

use std::{iter, ops::Range};

/// The parts of a batch that are still to be tried: the whole batch, and the halves of rejected parts, the first one
/// first.
pub(crate) struct BatchBisection(Vec<Range<usize>>);

impl BatchBisection {
    pub fn new(entries: usize) -> Self {
        Self(iter::once(0..entries).filter(|all| !all.is_empty()).collect())
    }

    /// Returns the next part to try, or `None` if every part has been tried.
    pub fn next(&mut self) -> Option<Range<usize>> {
        self.0.pop()
    }

    /// Splits a rejected part. Returns the index of the rejected entry if the part is a single one.
    pub fn split_refused(&mut self, part: Range<usize>) -> Option<usize> {
        let middle = part.start + part.len() / 2;
        if middle == part.start {
            return Some(middle);
        }
        self.0.extend([middle..part.end, part.start..middle]);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the accepted entries, in the order in which they were accepted, and the rejected ones.
    fn accepted_and_refused(entries: usize, refused: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let (mut bisection, mut taken, mut found) = (BatchBisection::new(entries), Vec::new(), Vec::new());
        while let Some(part) = bisection.next() {
            if part.clone().any(|entry| refused.contains(&entry)) {
                found.extend(bisection.split_refused(part));
            } else {
                taken.extend(part);
            }
        }
        (taken, found)
    }

    #[test]
    fn the_refused_are_found_and_all_others_taken_in_order() {
        for entries in 0..9 {
            for refused in 0..1_usize << entries {
                let (refused, others): (Vec<_>, Vec<_>) = (0..entries).partition(|entry| refused >> entry & 1 == 1);
                assert_eq!(accepted_and_refused(entries, &refused), (others, refused));
            }
        }
    }
}
