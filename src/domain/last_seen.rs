//! The client that was seen last with a session.

use super::{device::Device, location::Location, time::UnixMillis};

/// The client of the last request of a session, if it is not the one that signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct LastSeenClient {
    /// The time from which this client has been using the session.
    pub at: UnixMillis,
    pub location: Location,
    pub device: Device,
}
