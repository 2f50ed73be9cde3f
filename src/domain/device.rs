//! Devices of sessions.

use sha2::{Digest, Sha256};

/// The kind of a device, as far as its user agent reveals it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceType {
    #[default]
    Unknown,
    Mobile,
    Tablet,
    Desktop,
    /// A television, a console, a command-line client or a bot.
    Other,
}

impl DeviceType {
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Mobile, Self::Tablet, Self::Desktop, Self::Other];

    /// Returns the name used in the audit; empty for [`Self::Unknown`].
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

/// The device of a session, fixed when the session is created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The ID that the caller keeps on the device, or one derived from the user and the request headers.
    pub id: String,
    /// A name for people, such as "Safari on iPhone".
    pub name: String,
    pub kind: DeviceType,
    pub browser: String,
    pub os: String,
    /// The user agent as received, truncated to 1 KiB.
    pub user_agent: String,
    /// True if the user was not known to have used the device before.
    pub first_seen: bool,
    /// True if the ID is the caller's. Two phones of one model derive the same ID, so a login replaces the session of
    /// "the same device" only if the caller states which device it is.
    pub named_by_caller: bool,
}

impl Device {
    /// Returns the eight bytes that stand for the device ID where the store compares devices.
    #[must_use]
    pub fn tag(&self) -> DeviceTag {
        device_tag(&self.id)
    }
}

/// The first 8 bytes of the SHA-256 of a device ID.
pub type DeviceTag = [u8; 8];

/// Returns the tag of the device with this ID.
#[must_use]
pub fn device_tag(id: &str) -> DeviceTag {
    let digest = Sha256::digest(id.as_bytes());
    let mut tag = [0; 8];
    tag.copy_from_slice(&digest[..8]);
    tag
}
