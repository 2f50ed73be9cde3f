//! Conversion of times, counts and bytes to and from columns.

use sqlx::{
    Decode, Encode, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

use crate::domain::UnixMillis;

/// Converts a time to SQLite's signed integer, which always holds 48 bits.
pub(crate) fn integer(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

/// Converts a column to a time: the inverse of [`integer`].
pub(crate) fn time(column: i64) -> UnixMillis {
    UnixMillis::new(u64::try_from(column).unwrap_or_default())
}

/// Converts a number of rows to a column.
pub(crate) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The error of a column of bytes that has another length than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a column has {actual} bytes instead of {expected}")]
pub(crate) struct BlobLengthError {
    actual: usize,
    expected: usize,
}

/// Converts a column to the `N` bytes that it must have.
pub(crate) fn fixed_bytes<const N: usize>(column: &[u8]) -> Result<[u8; N], BlobLengthError> {
    column.try_into().map_err(|_| BlobLengthError { actual: column.len(), expected: N })
}

impl Type<Sqlite> for UnixMillis {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(info)
    }
}

impl Encode<'_, Sqlite> for UnixMillis {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(integer(*self), buffer)
    }
}

impl Decode<'_, Sqlite> for UnixMillis {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        <i64 as Decode<Sqlite>>::decode(value).map(time)
    }
}
