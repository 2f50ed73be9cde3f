//! Administrators who are signed in by a gateway in front of the console.
//!
//! The gateway names the administrator in a header and presents an API key of its own, so that nobody else can. The
//! session and its cookie are those of a sign-in with that key.

use super::super::{BrowserRequest, ConsoleSettings};
use crate::transport::bearer;

/// The administrator and the key that a gateway states for a request.
pub(super) struct GatewaySignIn<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a str,
}

impl<'a> GatewaySignIn<'a> {
    /// Returns the administrator and the key in the headers of a request; `None` if one of them is missing, or if no
    /// gateway is trusted. The key has not been checked.
    pub(super) fn from_request(settings: &ConsoleSettings, request: &'a BrowserRequest) -> Option<Self> {
        Some(Self { name: stated_name(settings, request)?, key: bearer::credential(&request.headers)? })
    }
}

/// Returns whether the gateway names somebody else than `name`: another person has signed in to it since.
pub(super) fn names_somebody_else(settings: &ConsoleSettings, request: &BrowserRequest, name: &str) -> bool {
    stated_name(settings, request).is_some_and(|stated| stated != name)
}

/// Returns the name in the header of the gateway; empty if it has several values or is not UTF-8, which is nobody's name.
fn stated_name<'a>(settings: &ConsoleSettings, request: &'a BrowserRequest) -> Option<&'a str> {
    let mut values = request.headers.get_all(settings.gateway_header.as_deref()?).iter();
    let first = values.next()?;
    let is_single = values.next().is_none();
    Some(std::str::from_utf8(first.as_bytes()).ok().filter(|_| is_single).unwrap_or_default())
}
