//! Rows of a newer release.

use sqlx::Error;

/// Rows that this release cannot read, for example because a newer one wrote them. They are skipped, and logged once.
#[derive(Debug, Default)]
pub(super) struct UnreadableRows {
    rows: u64,
    error: Option<Error>,
}

impl UnreadableRows {
    /// Decodes the rows that this release can read, and logs how many others there are.
    pub fn decode_readable<R, T>(rows: &[R], decode: impl Fn(&R) -> sqlx::Result<T>) -> sqlx::Result<Vec<T>> {
        let mut unreadable = Self::default();
        let mut decoded = Vec::with_capacity(rows.len());
        for row in rows {
            decoded.extend(unreadable.skip_unreadable(decode(row))?);
        }
        unreadable.log_skipped();
        Ok(decoded)
    }

    /// Returns the row, or `None` if its contents cannot be decoded.
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
            tracing::warn!(rows, %error, "skipped rows that this release cannot read");
        }
    }
}
