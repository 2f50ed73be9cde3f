use crate::domain::{Device, Location, Record, UnixMillis};

/// A client as it was seen at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    pub location: Location,
    /// `None`: unknown. Its user agent is left empty.
    pub device: Option<Device>,
    pub at: UnixMillis,
}

impl Observation {
    /// What the login of a session showed.
    #[must_use]
    pub fn of_login(record: &Record) -> Self {
        let device = Device { user_agent: String::new(), ..record.device.clone() };
        Self { location: record.location.clone(), device: Some(device), at: record.created_at }
    }
}
