//! Pages of rows.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::conditions::Conditions;
use crate::domain::search::Page;

/// How rows of one kind are listed.
pub(super) struct Listing<P, T> {
    /// What they are, for the log.
    pub of: &'static str,
    /// The columns that order them, greatest first.
    pub order: (&'static str, &'static str),
    /// How these columns hold a position.
    pub position: fn(P) -> (i64, String),
    pub entry: fn(&SqliteRow) -> sqlx::Result<T>,
}

impl<P: Copy, T> Listing<P, T> {
    /// The page of what `select` begins to ask for. Rows that cannot be read do not count for its size.
    pub async fn page(
        &self,
        connection: &mut SqliteConnection,
        select: impl Fn() -> Conditions,
        page: Page<P>,
    ) -> sqlx::Result<Vec<T>> {
        let mut entries = Vec::new();
        let mut after = page.after.map(self.position);
        let mut unreadable = Unreadable::default();
        loop {
            let wanted = i64::from(page.size).saturating_sub_unsigned(entries.len() as u64);
            let mut rows = 0;
            let mut query = self.query(select(), after.take(), wanted);
            for row in query.0.build().fetch_all(&mut *connection).await? {
                rows += 1;
                after = Some((row.try_get(self.order.0)?, row.try_get(self.order.1)?));
                match (self.entry)(&row) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => unreadable.note(error),
                }
            }
            if rows < wanted || entries.len() as u64 >= u64::from(page.size) {
                unreadable.report(self.of);
                return Ok(entries);
            }
        }
    }

    /// The statement for at most `limit` rows after a position.
    pub fn query(&self, mut select: Conditions, after: Option<(i64, String)>, limit: i64) -> Conditions {
        let (major, minor) = self.order;
        if let Some((at, id)) = after {
            select.0.push(format_args!(" AND ({major}, {minor}) < ("));
            select.0.push_bind(at).push(", ").push_bind(id).push(")");
        }
        select.0.push(format_args!(" ORDER BY {major} DESC, {minor} DESC LIMIT ")).push_bind(limit);
        select
    }
}

/// Rows that are left out.
#[derive(Default)]
struct Unreadable {
    rows: u64,
    last: Option<sqlx::Error>,
}

impl Unreadable {
    fn note(&mut self, error: sqlx::Error) {
        self.rows += 1;
        self.last = Some(error);
    }

    fn report(self, of: &'static str) {
        if let Some(error) = self.last {
            tracing::warn!(
                of,
                rows = self.rows,
                %error,
                "rows of the audit database are left out of a list: this release cannot tell of them"
            );
        }
    }
}
