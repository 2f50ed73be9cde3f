use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

use super::{CountryCode, country_code};
use crate::domain::{Location, UnixMillis, location::GeoPosition};

/// The origin of a login, as it was located at that time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visit {
    pub at: UnixMillis,
    /// `None` if unknown.
    pub country: Option<CountryCode>,
    /// Rounded to a ten-thousandth of a degree, about 11 m.
    pub position: Option<GeoPosition>,
    /// 0 if unknown.
    pub asn: u32,
    /// `None` if unknown.
    pub network: Option<NetworkPrefix>,
}

/// The part of an address that stays the same while its user does not move: a whole IPv4 address, or the first 64 bits
/// of an IPv6 address. IPv6 hosts change the other bits at will (RFC 8981).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkPrefix(IpAddr);

/// Four bytes that stand for the subnet of a network among those of one user.
pub type NetworkTag = [u8; 4];

impl NetworkPrefix {
    /// Returns the tag of the subnet. With eight known networks, a new one is mistaken for one of them in 1 of 5·10⁸
    /// cases.
    #[must_use]
    pub fn tag(self) -> NetworkTag {
        let digest = match self.subnet() {
            IpAddr::V4(ip) => Sha256::digest(ip.octets()),
            IpAddr::V6(ip) => Sha256::digest(ip.octets()),
        };
        std::array::from_fn(|n| digest[n])
    }

    #[must_use]
    pub fn from_ip(ip: IpAddr) -> Self {
        Self(match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        })
    }

    /// Returns whether both are likely to be in the same place: IPv4 addresses of the same /24, or IPv6 addresses of
    /// the same /64.
    #[must_use]
    pub fn is_near(self, other: Self) -> bool {
        self.subnet() == other.subnet()
    }

    /// Returns the first address of the subnet within which networks count as near each other.
    #[must_use]
    pub fn subnet(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
            IpAddr::V6(_) => self.0,
        }
    }

    /// Returns the first address of the prefix.
    #[must_use]
    pub const fn first_address(self) -> IpAddr {
        self.0
    }
}

impl Visit {
    /// Returns the visit, or `None` if neither its country nor its position is known.
    #[must_use]
    pub fn from_location(at: UnixMillis, location: &Location) -> Option<Self> {
        Some(Self::new(at, location)).filter(Self::has_location)
    }

    /// Creates a visit, even if its location is unknown.
    #[must_use]
    pub fn new(at: UnixMillis, location: &Location) -> Self {
        Self {
            at,
            country: country_code(&location.country),
            position: location.position.and_then(round_to_grid),
            asn: location.asn,
            network: location.ip.map(NetworkPrefix::from_ip),
        }
    }

    /// Returns whether the country or the position is known.
    #[must_use]
    pub const fn has_location(&self) -> bool {
        self.country.is_some() || self.position.is_some()
    }

    /// Returns the known parts of the visit as a location.
    #[must_use]
    pub fn location(&self) -> Location {
        Location {
            ip: self.network.map(NetworkPrefix::first_address),
            country: self.country.map(|code| String::from_utf8_lossy(&code).into_owned()).unwrap_or_default(),
            position: self.position,
            asn: self.asn,
            ..Location::default()
        }
    }
}

/// Returns the position as it can be stored, or `None` if it is not on the globe.
fn round_to_grid(position: GeoPosition) -> Option<GeoPosition> {
    let GeoPosition { latitude, longitude, accuracy_radius_km } = position;
    let on_the_globe = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    let grid = |degrees: f64| (degrees * 10_000.0).round() / 10_000.0;
    on_the_globe.then_some(GeoPosition {
        latitude: grid(latitude),
        longitude: grid(longitude),
        accuracy_radius_km: accuracy_radius_km.clamp(1, u16::MAX.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_host_stays_in_its_network_whatever_it_calls_itself() {
        let network = |ip: &str| NetworkPrefix::from_ip(ip.parse().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::2:3"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn a_position_off_the_globe_is_none() {
        let at = |latitude, longitude| round_to_grid(GeoPosition { latitude, longitude, accuracy_radius_km: 0 });
        for position in [at(91.0, 0.0), at(0.0, -180.1), at(f64::NAN, 0.0), at(0.0, f64::INFINITY)] {
            assert_eq!(position, None);
        }
        let munich = GeoPosition { latitude: 48.1235, longitude: 180.0, accuracy_radius_km: 1 };
        assert_eq!(at(48.123_456, 180.0), Some(munich));
    }
}
