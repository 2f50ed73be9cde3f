//! The cause of a change: its reason and its actor.

use super::{
    error::{FieldViolation, FieldViolations},
    limits::{MAX_CAUSE_TEXT_BYTES, check_optional_text},
};

/// The cause of a change, as the audit keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Free text of the caller, at most 256 bytes.
    pub reason: String,
    /// The person for whom the caller acts, at most 256 bytes: "admin:eve", "user". It is returned to a signed-out
    /// device.
    pub actor: String,
    /// The caller's own identity, as this service authenticated it.
    pub caller: String,
    /// The `x-request-id` of the call.
    pub request_id: String,
    /// The `operation_id` of a revocation; empty if none was given.
    pub operation_id: String,
    /// The fields that an update named.
    pub changed_fields: Vec<String>,
}

impl Cause {
    /// Checks the two texts that a caller states.
    pub fn check(reason: &str, actor: &str) -> Result<(), FieldViolations> {
        let mut violations = FieldViolations::default();
        let text =
            |field, text| -> Result<(), FieldViolation> { check_optional_text(field, text, MAX_CAUSE_TEXT_BYTES) };
        violations.check(text("reason", reason));
        violations.check(text("actor", actor));
        violations.into_result()
    }

    /// Returns the cause of a change by the service itself, such as an expiry or an eviction.
    #[must_use]
    pub fn from_service(reason: &str) -> Self {
        Self { reason: reason.to_owned(), actor: "session-authority".to_owned(), ..Self::default() }
    }
}
