use crate::domain::{Device, LastSeenClient, Location, Record, UnixMillis};

/// A client, as seen at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientObservation {
    pub location: Location,
    /// `None` if unknown. The user agent is left empty.
    pub device: Option<Device>,
    pub at: UnixMillis,
}

impl ClientObservation {
    /// Returns the client as seen in the login of a session.
    #[must_use]
    pub fn from_login(record: &Record) -> Self {
        let device = Device { user_agent: String::new(), ..record.device.clone() };
        Self { location: record.location.clone(), device: Some(device), at: record.created_at }
    }

    /// Returns the client that was seen last with a session.
    #[must_use]
    pub fn from_last_seen(seen: &LastSeenClient) -> Self {
        let device = Device { user_agent: String::new(), ..seen.device.clone() };
        Self { location: seen.location.clone(), device: Some(device), at: seen.at }
    }
}
