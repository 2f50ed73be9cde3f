//! Classification of PostgreSQL's errors for the relay.

use sqlx::{Error, error::DatabaseError};

use crate::audit::AuditError;

/// Errors in the data, which occur again however often they are retried. By class of SQLSTATE (the first two
/// characters; PostgreSQL documentation, appendix A): data exception, integrity constraint violation, program limit
/// exceeded, an exception raised by a trigger.
const REFUSALS: [&str; 4] = ["22", "23", "54", "P0001"];

/// Classifies an error. Errors outside the data are temporary: connections, locks, a full disk, a standby, missing
/// permissions, a missing table.
pub(super) fn classify(during: &'static str, error: Error) -> AuditError {
    if is_partition_violation(&error) {
        return AuditError::unavailable(during, error);
    }
    AuditError::from_database(during, error, is_refusal)
}

/// Returns whether the target partition of a row is wrong, and not the row. A partition was created while the row
/// waited to get into the default one, or the default partition is missing. The code is that of a check violation, but
/// without the name of a constraint.
pub(super) fn is_partition_violation(error: &Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("23514") && error.constraint().is_none())
}

/// Returns whether the role lacks a permission, or does not own the object that it would change.
pub(super) fn is_forbidden(error: &Error) -> bool {
    error.as_database_error().and_then(<dyn DatabaseError>::code).is_some_and(|code| code == "42501")
}

fn is_refusal(code: &str) -> bool {
    REFUSALS.iter().any(|refusal| code.starts_with(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_data_is_a_refusal() {
        // Character not in repertoire; check violation; too many columns; raised by a trigger.
        for code in ["22021", "23514", "54011", "P0001"] {
            assert!(is_refusal(code), "{code}");
        }
        // Connection failure; read-only transaction; deadlock; wrong password; no such table;
        // disk full; statement timeout; crash; internal error.
        for code in ["08006", "25006", "40P01", "28P01", "42P01", "53100", "57014", "57P02", "XX000"] {
            assert!(!is_refusal(code), "{code}");
        }
    }
}
