//! Classification of SQLite's errors for the relay.

use sqlx::Error;

use crate::audit::AuditError;

/// Result codes of errors in the data, which occur again however often they are retried: `SQLITE_TOOBIG`,
/// `SQLITE_CONSTRAINT`, `SQLITE_MISMATCH` (<https://sqlite.org/rescode.html>).
const REFUSALS: [u32; 3] = [18, 19, 20];

/// Classifies an error. Errors outside the data are temporary: locks, a full or read-only disk, I/O errors.
pub(super) fn classify(during: &'static str, error: Error) -> AuditError {
    AuditError::from_database(during, error, is_refusal)
}

/// Returns whether a result code is a rejection. The low byte of an extended code is the primary one.
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
