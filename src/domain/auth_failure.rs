//! A failed or refused authentication, as the audit records it.

use super::{auth_event::AuthEventKind, device::Device, id::Owner, location::Location, time::UnixMillis};

/// A failed or refused authentication.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthFailure {
    /// The user whose authentication failed. If there is no such user, a name that stands for the one that was tried.
    pub owner: Owner,
    pub kind: AuthEventKind,
    /// The method that failed; empty if it is not stated.
    pub method: String,
    pub location: Location,
    pub device: Device,
    pub at: UnixMillis,
}
