//! Conversion of values to and from columns.

use crate::{
    domain::Cause,
    store::{StoreError, record},
};

pub(super) use crate::sqlite::{count, integer, time};

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
