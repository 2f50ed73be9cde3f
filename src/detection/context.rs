use data_encoding::HEXLOWER;

use crate::domain::{
    Device, DeviceType, LimitAction, Location, LoginHistory, NetworkClass, NetworkDirectory, Session, UnixMillis,
    alert::ClientObservation,
    failures::FailureRecord,
    history::{CountryCode, NetworkPrefix, country_code},
    limits::truncate_text,
};

use super::{DetectionSettings, countries};

/// Maximum bytes of a device's name in an alert text.
const NAME_BYTES: usize = 128;

/// A login, and the known facts about the user before it.
#[derive(Clone, Copy, Debug)]
pub struct LoginContext<'a> {
    pub now: UnixMillis,
    pub session: &'a Session,
    /// Active sessions that the policy allows, including this one.
    pub limit: u16,
    pub on_limit: LimitAction,
    /// False if the login certainly leaves a place free, so that it evicts no session.
    pub may_evict: bool,
    pub history: &'a LoginHistory,
    /// The user's other active sessions, most recently active first. Sessions that this login replaces or evicts may be
    /// among them.
    pub live: &'a [Session],
    pub settings: &'a DetectionSettings,
    /// The networks that hide where their users are.
    pub networks: &'a NetworkDirectory,
    pub failures: &'a LoginFailures,
}

/// The recent failures before a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginFailures {
    pub user: FailureRecord,
    /// The failures from the network of the login; empty if the address is unknown.
    pub network: FailureRecord,
}

impl LoginContext<'_> {
    /// Returns the country of the login; `None` if it is unknown.
    pub(super) fn country(&self) -> Option<CountryCode> {
        country_code(&self.session.record.location.country)
    }

    /// Returns the class of the network of a location; `None` if the network is trusted or is in no list.
    pub(super) fn network_class_of(&self, location: &Location) -> Option<NetworkClass> {
        self.settings.network_class(self.networks, location)
    }

    /// Returns the class of the network of the login; `None` if the network is trusted or is in no list.
    #[must_use]
    pub fn network_class(&self) -> Option<NetworkClass> {
        self.network_class_of(&self.session.record.location)
    }

    /// Returns whether an administrator trusts the network of a location.
    pub(super) fn is_trusted(&self, location: &Location) -> bool {
        self.settings.trusted_networks.contains(location.ip, location.asn)
    }

    /// Returns whether the login is from a network whose users may be in any country.
    pub(super) fn has_hidden_country(&self) -> bool {
        self.network_class().is_some_and(|class| !class.preserves_country())
    }

    /// Returns whether the login is from a known country that the user was not seen in. It is false if no country of
    /// the user is known.
    pub(super) fn has_new_country(&self) -> bool {
        let countries = &self.history.countries;
        let is_new = |country| !countries.is_empty() && !countries.contains(country);
        !self.has_hidden_country() && self.country().is_some_and(is_new)
    }

    /// Returns the device; `None` if nothing distinguishes it from other devices.
    pub(super) fn device(&self) -> Option<&Device> {
        let device = &self.session.record.device;
        let is_described = device.kind != DeviceType::Unknown || !device.browser.is_empty() || !device.os.is_empty();
        (device.named_by_caller || is_described).then_some(device)
    }

    /// Returns whether the device can be identified and was not seen before.
    pub(super) fn has_new_device(&self) -> bool {
        self.device().is_some_and(|device| !self.history.knows_device(device.tag()))
    }

    /// Returns whether the user is known on the device or in the network.
    pub(super) fn is_familiar(&self) -> bool {
        let record = &self.session.record;
        self.history.is_familiar(&record.location, &record.device)
    }

    /// Returns whether the user has signed in before, but neither in this network nor on this device. Nobody is a
    /// newcomer in a network whose users come and go: that of a carrier or a relay, and one that an administrator
    /// trusts.
    #[must_use]
    pub fn is_newcomer(&self) -> bool {
        let location = &self.session.record.location;
        let is_shared = self.is_trusted(location)
            || self.settings.carrier_networks.contains_system(location.asn)
            || self.network_class() == Some(NetworkClass::Relay);
        self.history.first_login.is_some() && !self.is_familiar() && !is_shared
    }

    /// Returns the name of the device within a deduplication key.
    pub(super) fn device_key(&self) -> String {
        HEXLOWER.encode(&self.session.record.device.tag())
    }

    /// Returns the name of the network within a deduplication key; empty if the address is unknown.
    pub(super) fn network_key(&self) -> String {
        self.session.record.location.ip.map(|ip| NetworkPrefix::from_ip(ip).subnet().to_string()).unwrap_or_default()
    }

    /// Returns the user's previous login, as far as its place or its session is known.
    pub(super) fn previous(&self) -> Option<ClientObservation> {
        let session = self.live.iter().max_by_key(|session| session.record.created_at);
        let visit = self.history.visits.first();
        match (session, visit) {
            (Some(session), visit) if visit.is_none_or(|visit| session.record.created_at >= visit.at) => {
                Some(ClientObservation::from_login(&session.record))
            }
            (_, visit) => {
                visit.map(|visit| ClientObservation { location: visit.location(), device: None, at: visit.at })
            }
        }
    }

    /// Returns the name of the country, such as "Brazil", or "an unknown country".
    pub(super) fn country_name(&self) -> &str {
        match self.session.record.location.country.as_str() {
            "" => "an unknown country",
            code => countries::country_name(code),
        }
    }

    /// Returns the device as the end of a sentence about several, such as ", the last one is Safari on iPhone"; empty if
    /// it has no name.
    pub(super) fn last_on_device(&self) -> String {
        match truncate_text(&self.session.record.device.name, NAME_BYTES).as_str() {
            "" => String::new(),
            name => format!(", the last one is {name}"),
        }
    }

    /// Returns the device as part of a sentence, such as " on Safari on iPhone"; empty if it has no name.
    pub(super) fn on_device(&self) -> String {
        match truncate_text(&self.session.record.device.name, NAME_BYTES).as_str() {
            "" => String::new(),
            name => format!(" on {name}"),
        }
    }
}
