//! Conversion of values to and from columns.

use crate::{
    domain::{Cause, UnixMillis},
    store::{StoreError, record},
};

/// Converts a time to SQLite's signed integer, which always holds 48 bits.
pub(crate) fn integer(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

/// Converts a column to a time: the inverse of [`integer`].
pub(crate) fn time(column: i64) -> UnixMillis {
    UnixMillis::new(u64::try_from(column).unwrap_or_default())
}

/// Returns the `N` bytes of a column. The error states the actual length.
pub(super) fn bytes<const N: usize>(column: &[u8]) -> Result<[u8; N], StoreError> {
    column.try_into().map_err(|_| {
        let what = format!("a column has {} bytes instead of {N}", column.len());
        StoreError::corrupt("reading a row", what)
    })
}

pub(super) fn cause(column: &[u8]) -> Result<Cause, StoreError> {
    record::decode_cause(column).map_err(|error| StoreError::corrupt("reading a cause", error.to_string()))
}

/// Converts a number of rows to a column.
pub(crate) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
