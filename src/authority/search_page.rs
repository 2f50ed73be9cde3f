//! Pages of a list that is read page by page.

use crate::domain::{UnixMillis, search::PageRequest};

/// A page, with the position of the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage<T, P> {
    pub entries: Vec<T>,
    /// The position after which the next page starts. `None`: this is the last page.
    pub next: Option<P>,
    /// The time before which every change is included. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

impl<T, P> SearchPage<T, P> {
    /// Creates a page from the entries that were found for [`with_lookahead`].
    pub(super) fn new(
        mut entries: Vec<T>,
        page: &PageRequest<P>,
        position: impl Fn(&T) -> P,
        complete_until: Option<UnixMillis>,
    ) -> Self {
        let size = page.size as usize;
        let next = if entries.len() > size { size.checked_sub(1).map(|last| position(&entries[last])) } else { None };
        entries.truncate(size);
        Self { entries, next, complete_until }
    }
}

/// Extends a page by one entry, which shows whether there is a next page.
pub(super) fn with_lookahead<P>(page: PageRequest<P>) -> PageRequest<P> {
    PageRequest { size: page.size.saturating_add(1), after: page.after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(found: &[u8], size: u32) -> SearchPage<u8, u8> {
        SearchPage::new(found.to_vec(), &PageRequest { size, after: None }, |entry| *entry, None)
    }

    #[test]
    fn the_last_page_knows_that_it_is_the_last() {
        assert_eq!(with_lookahead(PageRequest::<u8> { size: 2, after: None }).size, 3);
        let more = listed(&[9, 8, 7], 2);
        assert_eq!((more.entries, more.next), (vec![9, 8], Some(8)));
        for last in [&[9, 8][..], &[9], &[]] {
            let page = listed(last, 2);
            assert_eq!((page.entries.as_slice(), page.next), (last, None));
        }
    }
}
