//! Networks that hide where their users are.

use std::net::IpAddr;

use super::network_set::NetworkSet;

/// A kind of network whose addresses are not those of its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkClass {
    /// A privacy relay that preserves the country of its users, such as iCloud Private Relay.
    Relay,
    /// A commercial VPN or a public proxy.
    Vpn,
    /// An exit of the Tor network.
    Tor,
    /// A data centre.
    Hosting,
}

impl NetworkClass {
    pub const ALL: [Self; 4] = [Self::Relay, Self::Vpn, Self::Tor, Self::Hosting];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Vpn => "vpn",
            Self::Tor => "tor",
            Self::Hosting => "hosting",
        }
    }

    /// Returns whether users of the network appear in the country in which they are.
    #[must_use]
    pub const fn preserves_country(self) -> bool {
        matches!(self, Self::Relay)
    }
}

/// The networks of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkDirectory {
    sets: [NetworkSet; NetworkClass::ALL.len()],
}

impl NetworkDirectory {
    /// Creates a directory with the set that `set_of` returns for each class.
    pub fn new(set_of: impl FnMut(NetworkClass) -> NetworkSet) -> Self {
        Self { sets: NetworkClass::ALL.map(set_of) }
    }

    /// Returns the class of an address; `None` if it is in no set. `asn` is 0 if the system is unknown. An address in
    /// several sets has the most specific class: Tor, relay, VPN, hosting.
    #[must_use]
    pub fn classify(&self, ip: Option<IpAddr>, asn: u32) -> Option<NetworkClass> {
        use NetworkClass::{Hosting, Relay, Tor, Vpn};
        [Tor, Relay, Vpn, Hosting].into_iter().find(|class| self.sets[*class as usize].contains(ip, asn))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.iter().all(NetworkSet::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::NetworkEntry;

    #[test]
    fn the_most_specific_class_counts() {
        let entry = |text: &str| NetworkEntry::parse(text).expect("an entry");
        let directory = NetworkDirectory::new(|class| match class {
            NetworkClass::Hosting => [entry("203.0.113.0/24"), entry("AS64500")].into_iter().collect(),
            NetworkClass::Vpn => [entry("203.0.113.0/25")].into_iter().collect(),
            NetworkClass::Tor => [entry("203.0.113.7")].into_iter().collect(),
            NetworkClass::Relay => NetworkSet::default(),
        });
        let classify = |ip: &str, asn| directory.classify(ip.parse().ok(), asn);
        assert_eq!(classify("203.0.113.7", 0), Some(NetworkClass::Tor));
        assert_eq!(classify("203.0.113.8", 64_500), Some(NetworkClass::Vpn));
        assert_eq!(classify("203.0.113.200", 0), Some(NetworkClass::Hosting));
        assert_eq!(classify("192.0.2.1", 64_500), Some(NetworkClass::Hosting));
        assert_eq!(classify("192.0.2.1", 0), None);
        assert!(NetworkDirectory::default().is_empty() && !directory.is_empty());
    }
}
