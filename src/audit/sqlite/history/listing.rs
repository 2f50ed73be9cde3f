//! Pages of rows.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::select_builder::SelectBuilder;
use crate::{audit::page_builder::PageBuilder, domain::search::PageRequest};

/// How rows of one kind are listed.
pub(super) struct ListingSpec<P, T> {
    /// The columns that order them, greatest first.
    pub order: (&'static str, &'static str),
    /// How these columns hold a position.
    pub position: fn(P) -> (i64, String),
    pub entry: fn(&SqliteRow) -> sqlx::Result<T>,
}

impl<P: Copy, T> ListingSpec<P, T> {
    /// The page of what `select` begins to ask for. Rows that cannot be read do not count for its size.
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

    /// The statement for at most `limit` rows after a position.
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
