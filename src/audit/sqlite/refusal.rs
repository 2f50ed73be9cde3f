//! What SQLite's errors mean to the relay.

use sqlx::Error;

use crate::audit::AuditError;

/// Result codes that lie in the data: they come again however often it is tried. `SQLITE_TOOBIG`,
/// `SQLITE_CONSTRAINT`, `SQLITE_MISMATCH` (<https://sqlite.org/rescode.html>).
const REFUSALS: [u32; 3] = [18, 19, 20];

/// Everything else passes: locks, a full or read-only disk, input and output errors.
pub(super) fn classify(during: &'static str, error: Error) -> AuditError {
    AuditError::from_database(during, error, is_refusal)
}

/// The low byte of an extended result code is the primary one.
fn is_refusal(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| REFUSALS.contains(&(code & 0xff)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_data_is_a_refusal() {
        // SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_NOTNULL, SQLITE_TOOBIG.
        for code in ["275", "1299", "18"] {
            assert!(is_refusal(code), "{code}");
        }
        // SQLITE_ERROR, _BUSY, _READONLY, _IOERR_WRITE, _FULL, _CANTOPEN.
        for code in ["1", "5", "8", "778", "13", "14"] {
            assert!(!is_refusal(code), "{code}");
        }
    }
}
