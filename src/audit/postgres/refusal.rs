//! What PostgreSQL's errors mean to the relay.

use sqlx::{Error, error::DatabaseError};

use crate::audit::AuditError;

/// Errors that lie in the data: they come again however often it is tried. By class of SQLSTATE (the
/// first two characters; PostgreSQL documentation, appendix A): data exception, integrity constraint
/// violation, program limit exceeded, an exception raised by a trigger.
const REFUSALS: [&str; 4] = ["22", "23", "54", "P0001"];

/// Everything else passes: connections, locks, a full disk, a standby, missing rights, a missing table.
pub(super) fn classify(during: &'static str, error: Error) -> AuditError {
    if is_partition_violation(&error) {
        return AuditError::unavailable(during, error);
    }
    AuditError::from_database(during, error, is_refusal)
}

/// Whether it is not the row that is wrong, but where it was to be put: a partition was made while it waited to get into
/// the default one, or somebody has taken that away. A check violation like others, but of no constraint with a name.
pub(super) fn is_partition_violation(error: &Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("23514") && error.constraint().is_none())
}

/// Whether the role lacks a right, or does not own what it would change.
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
