use std::fmt;

/// The e-mail address for a notification, at most [`MAX_EMAIL_BYTES`](crate::domain::limits::MAX_EMAIL_BYTES) long;
/// empty if no address is known. It stays out of debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotificationEmail(pub String);

impl fmt::Debug for NotificationEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotificationEmail(redacted)")
    }
}
