/// The consequence of the use of a session by another client than the one that signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientBindingMode {
    /// None.
    #[default]
    Off = 0,
    /// An alert is raised.
    Alert = 1,
    /// The request is rejected, and an alert is raised.
    Reject = 2,
}

impl ClientBindingMode {
    pub const ALL: [Self; 3] = [Self::Off, Self::Alert, Self::Reject];

    /// Returns the name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Alert => "alert",
            Self::Reject => "reject",
        }
    }

    /// The inverse of `as u32`. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| *mode as u32 == code)
    }
}

/// The parts of the client that signed in to which a policy binds its sessions. A session keeps them for its whole life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientBindingRules {
    pub ip: ClientBindingMode,
    pub device: ClientBindingMode,
}
