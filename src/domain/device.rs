//! The device a session was signed in on.

use sha2::{Digest, Sha256};

/// What kind of device it is, as far as its user agent tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceType {
    #[default]
    Unknown,
    Mobile,
    Tablet,
    Desktop,
    /// A television, a console, a command-line client, a bot.
    Other,
}

impl DeviceType {
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Mobile, Self::Tablet, Self::Desktop, Self::Other];

    /// The name used in the audit; empty for [`Self::Unknown`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Other => "other",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The device of a session, fixed when the session is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What the caller called it, else derived from the user agent.
    pub id: String,
    /// For a person: "Safari on iPhone".
    pub name: String,
    pub kind: DeviceType,
    pub browser: String,
    pub os: String,
    /// As received, cut at 1 KiB.
    pub user_agent: String,
    /// The user was not known to have used it before.
    pub first_seen: bool,
    /// The caller named it. Two phones of one model derive the same id, so a login replaces the
    /// session of "the same device" only when the caller says which device it is.
    pub named_by_caller: bool,
}

impl Device {
    /// Eight bytes that stand for the device id where the store compares devices.
    #[must_use]
    pub fn tag(&self) -> DeviceTag {
        device_tag(&self.id)
    }
}

/// The first 8 bytes of SHA-256 of a device id.
pub type DeviceTag = [u8; 8];

/// The tag of the device called `id`.
#[must_use]
pub fn device_tag(id: &str) -> DeviceTag {
    let digest = Sha256::digest(id.as_bytes());
    let mut tag = [0; 8];
    tag.copy_from_slice(&digest[..8]);
    tag
}
