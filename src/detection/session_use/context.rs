use crate::domain::{
    Device, DeviceType, Location, NetworkDirectory, Session, UnixMillis, alert::ClientObservation,
    history::NetworkPrefix,
};

use crate::detection::DetectionSettings;

/// A client of a session, and the time up to which it is known to have used the session.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentClient {
    pub client: ClientObservation,
    pub until: UnixMillis,
}

/// A use of a session by another client than before.
#[derive(Clone, Copy, Debug)]
pub struct SessionUseContext<'a> {
    pub now: UnixMillis,
    pub session: &'a Session,
    pub current: &'a ClientObservation,
    /// The client before.
    pub previous: &'a ClientObservation,
    /// The clients within [`CONCURRENT_USE_WINDOW`](super::CONCURRENT_USE_WINDOW), oldest first. The last one is the
    /// client before.
    pub recent: &'a [RecentClient],
    /// Set if the request was rejected, because the session is bound to its client.
    pub is_rejected: bool,
    pub settings: &'a DetectionSettings,
    /// The networks that hide where their users are.
    pub networks: &'a NetworkDirectory,
}

impl SessionUseContext<'_> {
    /// Returns whether the network hides where its users are, as far as the lists name it.
    pub(super) fn is_anonymous(&self, location: &Location) -> bool {
        !self.is_trusted(location) && self.networks.classify(location.ip, location.asn).is_some()
    }

    /// Returns whether the user has authenticated since the client before was first seen: then this one is the user.
    pub(super) fn has_authenticated_since(&self) -> bool {
        self.session.record.authenticated_at > self.previous.at
    }

    /// Returns whether an administrator trusts the network.
    pub(super) fn is_trusted(&self, location: &Location) -> bool {
        self.settings.trusted_networks.contains(location.ip, location.asn)
    }
}

/// Returns whether two clients are in the same network, as far as their addresses show; `None` if one is unknown.
pub(super) fn is_same_network(one: &Location, other: &Location) -> Option<bool> {
    let (one, other) = (NetworkPrefix::from_ip(one.ip?), NetworkPrefix::from_ip(other.ip?));
    Some(one.is_near(other))
}

/// Returns whether two clients are in the same autonomous system; `None` if one is unknown.
pub(super) const fn is_same_system(one: &Location, other: &Location) -> Option<bool> {
    if one.asn == 0 || other.asn == 0 { None } else { Some(one.asn == other.asn) }
}

/// Returns whether two devices have the same browser and operating system, of any version; `None` if one is unknown.
pub(super) fn is_same_software(one: &Device, other: &Device) -> Option<bool> {
    let is_known = |device: &Device| !device.browser.is_empty() || !device.os.is_empty();
    (is_known(one) && is_known(other)).then(|| one.browser == other.browser && one.os == other.os)
}

/// Returns whether the client is a program without a user, such as a command-line client.
pub(super) fn is_script(device: &Device) -> bool {
    device.kind == DeviceType::Other
}
