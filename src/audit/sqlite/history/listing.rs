//! Pages of rows.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::select_builder::SelectBuilder;
use crate::{audit::page_builder::PageBuilder, domain::search::PageRequest};

/// The specification of a list of rows.
pub(super) struct ListingSpec<P, T> {
    /// The columns that order the rows, in descending order.
    pub order: (&'static str, &'static str),
    /// Converts a position to these columns.
    pub position: fn(P) -> (i64, String),
    pub entry: fn(&SqliteRow) -> sqlx::Result<T>,
}

impl<P: Copy, T> ListingSpec<P, T> {
    /// Returns a page of the rows that `select` matches. Rows that cannot be read do not count towards its size.
    pub async fn page(
        &self,
        connection: &mut SqliteConnection,
        select: impl Fn() -> SelectBuilder,
        page: PageRequest<P>,
    ) -> sqlx::Result<Vec<T>> {
        let mut paging = PageBuilder::new(page.size, page.after.map(self.position));
        while let Some(wanted) = paging.rows_to_request() {
            let mut query = self.query(select(), paging.after.take(), wanted);
            let rows = query.0.build().fetch_all(&mut *connection).await?;
            let position = |row: &SqliteRow| Ok((row.try_get(self.order.0)?, row.try_get(self.order.1)?));
            paging.add_rows(&rows, position, self.entry)?;
        }
        Ok(paging.finish())
    }

    /// Returns the query for at most `limit` rows after a position.
    pub fn query(&self, mut select: SelectBuilder, after: Option<(i64, String)>, limit: i64) -> SelectBuilder {
        let (major, minor) = self.order;
        if let Some((at, id)) = after {
            select.0.push(format_args!(" AND ({major}, {minor}) < ("));
            select.0.push_bind(at).push(", ").push_bind(id).push(")");
        }
        select.0.push(format_args!(" ORDER BY {major} DESC, {minor} DESC LIMIT ")).push_bind(limit);
        select
    }
}
