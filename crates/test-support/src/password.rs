//! Passwords of servers.

/// Returns a random password, so that a client never mistakes another test's server for its own.
#[expect(clippy::disallowed_methods, reason = "a password for a server of a test")]
pub(crate) fn random_password() -> String {
    format!("{:032x}", rand::random::<u128>())
}
