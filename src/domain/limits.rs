//! Size limits, and checks that report violations by field name.

use std::time::Duration;

use super::error::FieldViolation;

/// `tenant_id` and `user_id`, in bytes of UTF-8.
pub const MAX_IDENTIFIER_BYTES: usize = 256;
/// `email`, in bytes (RFC 5321 §4.5.3.1.3 allows 254 for a path).
pub const MAX_EMAIL_BYTES: usize = 254;
/// The language of notifications, in bytes: the longest tag that RFC 5646 §4.4.1 requires to be supported.
pub const MAX_LOCALE_BYTES: usize = 35;
/// Roles of a session.
pub const MAX_ROLES: usize = 64;
/// A role, in bytes.
pub const MAX_ROLE_BYTES: usize = 128;
/// Authentication methods of a session.
pub const MAX_AUTH_METHODS: usize = 16;
/// An authentication method, in bytes.
pub const MAX_AUTH_METHOD_BYTES: usize = 64;
/// `data` when encoded, in bytes.
pub const MAX_DATA_BYTES: usize = 4 * 1024;
/// Nesting depth of `data`.
pub const MAX_DATA_DEPTH: usize = 16;
/// A user agent, in bytes; a longer one is truncated.
pub const MAX_USER_AGENT_BYTES: usize = 1024;
/// `accept_language` and `accept_encoding`, in bytes; longer ones are truncated.
pub const MAX_ACCEPT_HEADER_BYTES: usize = 256;
/// `device_id` as the caller supplies it, in bytes.
pub const MAX_DEVICE_ID_BYTES: usize = 128;
/// `reason` and `actor`, in bytes.
pub const MAX_CAUSE_TEXT_BYTES: usize = 256;
/// `request_id` and `operation_id`, in bytes.
pub const MAX_REQUEST_ID_BYTES: usize = 128;
/// Uses of sessions that one Touch reports.
pub const MAX_TOUCHES: usize = 1000;
/// Active sessions of one user, under any policy.
pub const MAX_SESSIONS_PER_USER: u16 = 256;
/// A stored record, in bytes.
pub const MAX_RECORD_BYTES: usize = 8 * 1024;
/// Tombstones per user, from which the holder of a token learns why its session ended.
pub const MAX_TOMBSTONES_PER_USER: usize = 64;
/// The retention of tombstones.
pub const TOMBSTONE_RETENTION: Duration = Duration::from_hours(24);
/// Request and operation IDs remembered per user.
pub const MAX_REQUEST_IDS_PER_USER: usize = 64;
/// The time during which a repeated `request_id` or `operation_id` finds its first outcome.
pub const REQUEST_ID_RETENTION: Duration = Duration::from_hours(24);
/// The name of a policy, in bytes.
pub const MAX_POLICY_NAME_BYTES: usize = 64;
/// Kinds of events that a query may name.
pub const MAX_EVENT_KINDS: usize = 16;
/// Rules that a subscriber to alerts may name.
pub const MAX_RULES: usize = 64;
/// The notifications of one lease, and those that one call acknowledges.
pub const MAX_LEASED_NOTIFICATIONS: u32 = 100;
/// The longest lease of notifications.
pub const MAX_LEASE_TIMEOUT: Duration = Duration::from_hours(12);
/// The ID of a lease of notifications, in bytes.
pub const MAX_LEASE_ID_BYTES: usize = 64;
/// The token of a link by which a user answers an alert, in bytes.
pub const MAX_LINK_TOKEN_BYTES: usize = 256;
/// The name of a rule, in bytes.
pub const MAX_RULE_NAME_BYTES: usize = 64;
/// The part of a user agent that a filter states, in bytes.
pub const MAX_USER_AGENT_PART_BYTES: usize = 256;
/// Findings that one login can raise.
pub const MAX_FINDINGS_PER_LOGIN: usize = 16;
/// Dedup keys per user for which the time of the last alert is remembered.
pub const MAX_DEDUP_KEYS_PER_USER: usize = 16;
/// The maximum number of answers to alerts that are remembered per user.
pub const MAX_ANSWERS_PER_USER: usize = 16;
/// The time during which a repeated answer finds the first one.
pub const ANSWER_RETENTION: Duration = Duration::from_hours(90 * 24);
/// The minimum time for which a dedup key is remembered, and therefore the longest dedup window.
pub const MAX_DEDUP_WINDOW: Duration = Duration::from_hours(30 * 24);
/// The stored form of a login history, in bytes.
pub const MAX_HISTORY_BYTES: usize = 1152;
/// The maximum age of an authentication at login, and therefore the retention of login floors. It is the longest
/// lifetime of a remembered session under the presets.
pub const MAX_AUTHENTICATION_AGE: Duration = Duration::from_hours(90 * 24);
/// The maximum lead of a stated time over this node's clock.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// The part of a request's value that an error repeats to its author, in bytes.
pub const MAX_ECHO_BYTES: usize = 64;
/// The ID of a JWT (claim `jti`), in bytes.
pub const MAX_JWT_ID_BYTES: usize = 256;
/// JWT IDs in one Deny or Check.
pub const MAX_JWT_IDS_PER_CALL: usize = 200;
/// The IDs that one Deny records in the audit as they are, in bytes, so that an event stays within about 9 KiB.
pub const MAX_RECORDED_JWT_ID_BYTES: usize = 8 * 1024;
/// The longest time for which a JWT can be denied.
pub const MAX_DENIAL: Duration = Duration::from_hours(400 * 24);
/// Denials in one bucket that have not ended: about a million in the 256 buckets together.
pub const MAX_DENIALS_PER_BUCKET: usize = 4096;
/// The highest assurance level that can be stated.
pub const MAX_ASSURANCE_LEVEL: u32 = 100;

/// Requires `text` to be 1 to `max` bytes without control characters.
pub fn check_required_text(field: &'static str, text: &str, max: usize) -> Result<(), FieldViolation> {
    if text.is_empty() {
        return Err(FieldViolation::new(field, "is required"));
    }
    check_optional_text(field, text, max)
}

/// Requires `text` to be at most `max` bytes without control characters. An empty text is valid.
pub fn check_optional_text(field: &'static str, text: &str, max: usize) -> Result<(), FieldViolation> {
    if text.len() > max {
        return Err(FieldViolation::new(field, format!("is {} bytes long; at most {max} are allowed", text.len())));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldViolation::new(field, "contains a control character"));
    }
    Ok(())
}

/// Requires at most `count` items, each of 1 to `bytes` bytes without control characters.
pub fn check_text_list(
    field: &'static str,
    items: &[String],
    count: usize,
    bytes: usize,
) -> Result<(), FieldViolation> {
    if items.len() > count {
        return Err(FieldViolation::new(field, format!("has {} entries; at most {count} are allowed", items.len())));
    }
    items.iter().try_for_each(|item| check_required_text(field, item, bytes))
}

/// Requires `level` to be at most [`MAX_ASSURANCE_LEVEL`].
pub fn check_assurance_level(field: &'static str, level: u32) -> Result<(), FieldViolation> {
    if level > MAX_ASSURANCE_LEVEL {
        return Err(FieldViolation::new(field, format!("is above {MAX_ASSURANCE_LEVEL}")));
    }
    Ok(())
}

/// Returns `text` without control characters, truncated to at most `max` bytes at a character boundary.
#[must_use]
pub fn truncate_text(text: &str, max: usize) -> String {
    // Nearly every text is short and plain.
    if text.len() <= max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.chars().filter(|c| !c.is_control()) {
        if out.len() + c.len_utf8() > max {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_a_character_boundary_and_drops_controls() {
        assert_eq!(truncate_text("a\u{7}bé", 3), "ab");
        assert_eq!(truncate_text("a\u{7}bé", 4), "abé");
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        let violation = check_required_text("user_id", "", 5).expect_err("empty");
        assert_eq!(violation.field, "user_id");
        assert!(check_optional_text("actor", "a\nb", 9).is_err());
        assert!(check_optional_text("actor", "abc", 2).is_err());
        assert!(check_optional_text("actor", "", 2).is_ok());
    }
}
