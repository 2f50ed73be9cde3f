//! Helpers for SQLite that the session store and the audit share.

mod column;
mod rollback;

pub(crate) use column::{BlobLengthError, count, fixed_bytes, integer, time};
pub(crate) use rollback::{rollback, with_stuck_connection_replacement};
