//! Pages that are filled as long as there are rows, even if some of them cannot be read.

use super::unreadable_rows::UnreadableRows;

/// A page that is being filled. A page that is not full would be taken for the last one.
pub(super) struct PageBuilder<T, P> {
    size: usize,
    items: Vec<T>,
    /// The position of the last row requested so far.
    pub after: Option<P>,
    is_last: bool,
    unreadable: UnreadableRows,
}

impl<T, P> PageBuilder<T, P> {
    pub fn new(size: u32, after: Option<P>) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Self { size, items: Vec::new(), after, is_last: false, unreadable: UnreadableRows::default() }
    }

    /// Returns the number of rows to request next, or `None` if the page is complete.
    pub fn rows_to_request(&self) -> Option<i64> {
        let wanted = self.size - self.items.len();
        (wanted > 0 && !self.is_last).then(|| i64::try_from(wanted).unwrap_or(i64::MAX))
    }

    /// Adds all rows that the request returned.
    pub fn add_rows<R>(
        &mut self,
        rows: &[R],
        position: impl Fn(&R) -> sqlx::Result<P>,
        read: impl Fn(&R) -> sqlx::Result<T>,
    ) -> sqlx::Result<()> {
        self.is_last = rows.len() < self.size - self.items.len();
        if let Some(row) = rows.last() {
            self.after = Some(position(row)?);
        }
        for row in rows {
            self.items.extend(self.unreadable.skip_unreadable(read(row))?);
        }
        Ok(())
    }

    pub fn finish(self) -> Vec<T> {
        self.unreadable.log_skipped();
        self.items
    }
}
