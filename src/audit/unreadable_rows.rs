//! Rows of a later release.

use sqlx::Error;

/// The rows that a release may not be able to read, since a later one wrote them. They are left out, which is told
/// once.
#[derive(Debug, Default)]
pub(super) struct UnreadableRows {
    rows: u64,
    error: Option<Error>,
}

impl UnreadableRows {
    /// What was read; `None` if what the row says is not known.
    pub fn skip_unreadable<T>(&mut self, read: sqlx::Result<T>) -> sqlx::Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error @ (Error::ColumnDecode { .. } | Error::Decode(_))) => {
                self.rows += 1;
                self.error.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub fn log_skipped(self) {
        if let Self { rows, error: Some(error) } = self {
            tracing::warn!(rows, %error, "the audit database has rows that this release cannot read; they are left out");
        }
    }
}
