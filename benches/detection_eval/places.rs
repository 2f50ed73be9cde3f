//! The networks of the users, and a locator that knows where they are.

use std::{collections::HashMap, net::IpAddr};

use session_authority::{
    cli::simulate::{
        network::{AddressRange, COUNTRIES, NetworkAccess, SimulatedCountry},
        seeded_random::SeededRandom,
    },
    domain::{GeoIpRecord, location::GeoPosition},
    geo::GeoLocator,
};

/// The number of the first autonomous system. A country has one for each kind of network.
const FIRST_ASN: u32 = 64_500;
const ASNS_PER_COUNTRY: u32 = 4;
/// The radius within which a database locates an address, in kilometres.
const ACCURACY_KM: u32 = 50;

/// A kind of network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkKind {
    FixedLine = 0,
    Mobile = 1,
    Cloud = 2,
    /// A VPN or the Tor network, as a list names it.
    Anonymous = 3,
}

/// Where every address is that the users have.
#[derive(Default)]
pub struct Places(HashMap<Vec<u8>, GeoIpRecord>);

impl Places {
    /// Returns an access to a network of a country. Its addresses are located there from now on.
    pub fn connect(&mut self, country: usize, kind: NetworkKind, chance: &mut SeededRandom) -> NetworkAccess {
        self.connect_appearing_in(country, country, kind, chance)
    }

    /// Returns an access to a network of a country whose exit is in another one.
    pub fn connect_appearing_in(
        &mut self,
        exit: usize,
        country: usize,
        kind: NetworkKind,
        chance: &mut SeededRandom,
    ) -> NetworkAccess {
        let access = range_of(&COUNTRIES[country], kind, chance).pick_access(chance);
        let shift = |chance: &mut SeededRandom| f64::from(u32::try_from(chance.below(100)).unwrap_or_default()) / 100.0;
        let (latitude, longitude) = COUNTRIES[exit].airport;
        let place = GeoIpRecord {
            country: COUNTRIES[exit].code.to_owned(),
            position: Some(GeoPosition {
                latitude: latitude + shift(chance),
                longitude: longitude + shift(chance),
                accuracy_radius_km: ACCURACY_KM,
            }),
            asn: system_number(country, kind),
            ..GeoIpRecord::default()
        };
        self.0.insert(network_of(access.address(chance)), place);
        access
    }

    /// Returns the autonomous systems of a kind.
    pub fn systems(kind: NetworkKind) -> impl Iterator<Item = String> {
        (0..COUNTRIES.len()).map(move |country| format!("AS{}", system_number(country, kind)))
    }
}

impl GeoLocator for Places {
    fn locate(&self, ip: IpAddr) -> GeoIpRecord {
        self.0.get(&network_of(ip)).cloned().unwrap_or_default()
    }
}

/// Returns another country, at least so many kilometres away.
pub fn country_away(from: usize, kilometres: f64, chance: &mut SeededRandom) -> usize {
    let far = |other: &usize| COUNTRIES[from].kilometres_to(&COUNTRIES[*other]) >= kilometres;
    let candidates: Vec<_> = (0..COUNTRIES.len()).filter(|other| *other != from).filter(far).collect();
    *chance.pick(&candidates)
}

/// Returns the nearest other country.
pub fn neighbour(country: usize) -> usize {
    let distance = |other: &usize| COUNTRIES[country].kilometres_to(&COUNTRIES[*other]);
    let others = (0..COUNTRIES.len()).filter(|other| *other != country);
    others.min_by(|one, other| distance(one).total_cmp(&distance(other))).unwrap_or_default()
}

fn range_of(country: &SimulatedCountry, kind: NetworkKind, chance: &mut SeededRandom) -> AddressRange {
    match kind {
        NetworkKind::FixedLine => *chance.pick(country.fixed_lines),
        NetworkKind::Mobile => country.mobile,
        NetworkKind::Cloud | NetworkKind::Anonymous => country.cloud,
    }
}

fn system_number(country: usize, kind: NetworkKind) -> u32 {
    FIRST_ASN + u32::try_from(country).unwrap_or_default() * ASNS_PER_COUNTRY + kind as u32
}

/// Returns the IPv4 address, or the /64 of an IPv6 address.
fn network_of(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets()[..8].to_vec(),
    }
}
