//! The session cookie.

use std::time::Duration;

use crate::SessionToken;

/// The name of the cookie with the ID of the device.
pub(super) const DEVICE: &str = "__Host-device";

/// Returns the value of the `Set-Cookie` header that stores the ID of a device for 400 days, the longest time that browsers
/// accept.
pub(super) fn set_device(id: &str) -> String {
    format!("{DEVICE}={id}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000")
}

/// The name of the session cookie. Browsers accept the prefix `__Host-` only from a secure origin, with `Path=/` and
/// without `Domain`, so that no other host can set it (RFC 6265bis section 4.1.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    name: String,
}

impl Default for SessionCookie {
    fn default() -> Self {
        Self { name: "__Host-session".to_owned() }
    }
}

impl SessionCookie {
    /// Returns the cookie with another name. For `Default` it is `__Host-session`.
    ///
    /// # Panics
    ///
    /// If the name does not begin with `__Host-` or is not a cookie name (RFC 6265 section 4.1.1).
    #[must_use]
    pub fn named(name: &str) -> Self {
        let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        assert!(
            name.len() > 7 && name.starts_with("__Host-") && is_token,
            "the name of the session cookie must begin with __Host-"
        );
        Self { name: name.to_owned() }
    }

    /// Returns the name of the cookie.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value of the `Set-Cookie` header that stores `token`: until the browser closes, or for `max_age`.
    #[must_use]
    pub fn set(&self, token: &SessionToken, max_age: Option<Duration>) -> String {
        let lifetime = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        format!("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax{lifetime}", self.name, token.reveal())
    }

    /// Returns the value of the `Set-Cookie` header that deletes the cookie.
    #[must_use]
    pub fn delete(&self) -> String {
        format!("{}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_bound_to_its_host() {
        let cookie = SessionCookie::default();
        let token = SessionToken::new("sa_1");
        assert_eq!(cookie.set(&token, None), "__Host-session=sa_1; Path=/; Secure; HttpOnly; SameSite=Lax");
        assert!(cookie.set(&token, Some(Duration::from_mins(1))).ends_with("; Max-Age=60"));
        assert_eq!(cookie.delete(), "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    #[should_panic(expected = "__Host-")]
    fn a_cookie_that_other_hosts_could_set_is_refused() {
        let _ = SessionCookie::named("session");
    }
}
