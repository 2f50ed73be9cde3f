//! Networks of the world. Nothing is ever sent to them: they only appear in requests, as the origin of users.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::seeded_random::SeededRandom;

/// The addresses of one provider in one country.
#[derive(Clone, Copy, Debug)]
pub enum AddressRange {
    V4([u8; 4], u32),
    V6([u16; 2], u32),
}

/// A country and its networks.
#[derive(Debug)]
pub struct SimulatedCountry {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// The `Accept-Language` header of browsers there.
    pub language: &'static str,
    /// Hours by which clocks there are ahead of UTC, in winter.
    pub hours_east: i8,
    /// Degrees north and east of its largest airport.
    pub airport: (f64, f64),
    /// Networks of homes and offices.
    pub fixed_lines: &'static [AddressRange],
    pub mobile: AddressRange,
    /// Rented servers, from which attacks come.
    pub cloud: AddressRange,
}

/// The countries of the users, the most frequent first. GeoIP databases agree with the countries of these addresses.
pub const COUNTRIES: &[SimulatedCountry] = &[
    SimulatedCountry {
        code: "DE",
        language: "de-DE,de;q=0.9,en;q=0.8",
        hours_east: 1,
        airport: (50.03, 8.56),
        fixed_lines: &[
            AddressRange::V4([79, 192, 0, 0], 10),
            AddressRange::V4([188, 192, 0, 0], 14),
            AddressRange::V6([0x2003, 0x00c0], 27),
        ],
        mobile: AddressRange::V4([80, 187, 0, 0], 16),
        cloud: AddressRange::V4([5, 9, 0, 0], 16),
    },
    SimulatedCountry {
        code: "US",
        language: "en-US,en;q=0.9",
        hours_east: -5,
        airport: (33.64, -84.43),
        fixed_lines: &[
            AddressRange::V4([73, 0, 0, 0], 9),
            AddressRange::V4([98, 192, 0, 0], 10),
            AddressRange::V6([0x2601, 0x0000], 20),
        ],
        mobile: AddressRange::V4([174, 192, 0, 0], 10),
        cloud: AddressRange::V4([3, 80, 0, 0], 12),
    },
    SimulatedCountry {
        code: "GB",
        language: "en-GB,en;q=0.9",
        hours_east: 0,
        airport: (51.47, -0.45),
        fixed_lines: &[
            AddressRange::V4([86, 128, 0, 0], 11),
            AddressRange::V4([90, 192, 0, 0], 11),
            AddressRange::V6([0x2a00, 0x23c0], 27),
        ],
        mobile: AddressRange::V4([188, 28, 0, 0], 14),
        cloud: AddressRange::V4([178, 79, 128, 0], 18),
    },
    SimulatedCountry {
        code: "FR",
        language: "fr-FR,fr;q=0.9",
        hours_east: 1,
        airport: (49.01, 2.55),
        fixed_lines: &[AddressRange::V4([82, 224, 0, 0], 11), AddressRange::V4([86, 192, 0, 0], 11)],
        mobile: AddressRange::V4([92, 184, 96, 0], 19),
        cloud: AddressRange::V4([51, 158, 0, 0], 17),
    },
    SimulatedCountry {
        code: "BR",
        language: "pt-BR,pt;q=0.9",
        hours_east: -3,
        airport: (-23.43, -46.47),
        fixed_lines: &[AddressRange::V4([177, 32, 0, 0], 14), AddressRange::V6([0x2804, 0x014c], 31)],
        mobile: AddressRange::V4([177, 24, 0, 0], 14),
        cloud: AddressRange::V4([18, 228, 0, 0], 16),
    },
    SimulatedCountry {
        code: "JP",
        language: "ja-JP,ja;q=0.9",
        hours_east: 9,
        airport: (35.55, 139.78),
        fixed_lines: &[
            AddressRange::V4([153, 128, 0, 0], 10),
            AddressRange::V4([118, 0, 0, 0], 12),
            AddressRange::V6([0x2400, 0x2410], 28),
        ],
        mobile: AddressRange::V4([49, 96, 0, 0], 12),
        cloud: AddressRange::V4([13, 112, 0, 0], 14),
    },
    SimulatedCountry {
        code: "IN",
        language: "en-IN,en;q=0.9,hi;q=0.8",
        hours_east: 5,
        airport: (28.56, 77.10),
        fixed_lines: &[AddressRange::V4([122, 160, 0, 0], 12), AddressRange::V4([182, 64, 0, 0], 12)],
        mobile: AddressRange::V6([0x2409, 0x4000], 22),
        cloud: AddressRange::V4([13, 126, 0, 0], 15),
    },
    SimulatedCountry {
        code: "AU",
        language: "en-AU,en;q=0.9",
        hours_east: 10,
        airport: (-33.95, 151.18),
        fixed_lines: &[AddressRange::V4([58, 160, 0, 0], 12), AddressRange::V6([0x2001, 0x8003], 32)],
        mobile: AddressRange::V4([1, 120, 0, 0], 13),
        cloud: AddressRange::V4([3, 104, 0, 0], 14),
    },
    SimulatedCountry {
        code: "ZA",
        language: "en-ZA,en;q=0.9",
        hours_east: 2,
        airport: (-26.14, 28.25),
        fixed_lines: &[AddressRange::V4([41, 0, 0, 0], 11)],
        mobile: AddressRange::V4([105, 0, 0, 0], 12),
        cloud: AddressRange::V4([13, 246, 0, 0], 16),
    },
    SimulatedCountry {
        code: "VN",
        language: "vi-VN,vi;q=0.9",
        hours_east: 7,
        airport: (21.22, 105.80),
        fixed_lines: &[AddressRange::V4([171, 224, 0, 0], 11), AddressRange::V4([113, 160, 0, 0], 11)],
        mobile: AddressRange::V4([27, 64, 0, 0], 12),
        cloud: AddressRange::V4([103, 221, 220, 0], 22),
    },
    SimulatedCountry {
        code: "RU",
        language: "ru-RU,ru;q=0.9",
        hours_east: 3,
        airport: (55.97, 37.41),
        fixed_lines: &[AddressRange::V4([95, 24, 0, 0], 13), AddressRange::V4([178, 64, 0, 0], 13)],
        mobile: AddressRange::V4([213, 87, 128, 0], 17),
        cloud: AddressRange::V4([95, 213, 128, 0], 17),
    },
];

impl SimulatedCountry {
    /// Returns the kilometres between two airports, along the surface of the Earth (haversine formula).
    pub fn kilometres_to(&self, other: &Self) -> f64 {
        const EARTH: f64 = 6371.0088;
        let ((north, east), (to_north, to_east)) = (self.airport, other.airport);
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let across = north.to_radians().cos() * to_north.to_radians().cos() * half(east, to_east);
        2.0 * EARTH * (half(north, to_north) + across).sqrt().min(1.0).asin()
    }
}

impl AddressRange {
    /// Returns an access with an address of the range. An IPv6 device keeps its network, a /64, and changes the rest of
    /// its address (RFC 8981): see [`NetworkAccess`].
    pub fn pick_access(self, chance: &mut SeededRandom) -> NetworkAccess {
        match self {
            Self::V4(first, prefix) => {
                let host = host_mask(u64::from(u32::MAX), prefix) & chance.next_u64();
                let bits = u32::from_be_bytes(first) | u32::try_from(host).unwrap_or_default();
                let [a, b, c, last] = bits.to_be_bytes();
                NetworkAccess::Address(Ipv4Addr::new(a, b, c, last.clamp(1, 254)))
            }
            Self::V6([first, second], prefix) => {
                let network = (u64::from(first) << 48) | (u64::from(second) << 32);
                NetworkAccess::Network(network | (host_mask(u64::MAX, prefix) & chance.next_u64()))
            }
        }
    }
}

/// Returns `all` without its first `prefix` bits.
fn host_mask(all: u64, prefix: u32) -> u64 {
    let bits = u64::BITS - all.leading_zeros();
    if prefix >= bits { 0 } else { all >> prefix }
}

/// The network access of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkAccess {
    Address(Ipv4Addr),
    /// The first 64 bits of an IPv6 address.
    Network(u64),
}

impl NetworkAccess {
    /// Returns the current address.
    pub fn address(self, chance: &mut SeededRandom) -> IpAddr {
        match self {
            Self::Address(address) => address.into(),
            Self::Network(network) => {
                let bits = (u128::from(network) << 64) | u128::from(chance.next_u64());
                Ipv6Addr::from_bits(bits).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::is_special_purpose;

    fn ranges(country: &SimulatedCountry) -> impl Iterator<Item = AddressRange> {
        country.fixed_lines.iter().copied().chain([country.mobile, country.cloud])
    }

    #[test]
    fn addresses_are_of_their_range_and_public() {
        let mut chance = SeededRandom::new(1);
        for range in COUNTRIES.iter().flat_map(ranges) {
            for _ in 0..50 {
                let address = range.pick_access(&mut chance).address(&mut chance);
                let inside = match (range, address) {
                    (AddressRange::V4(first, prefix), IpAddr::V4(address)) => {
                        address.to_bits() >> (32 - prefix) == u32::from_be_bytes(first) >> (32 - prefix)
                    }
                    (AddressRange::V6([first, second], prefix), IpAddr::V6(address)) => {
                        let base = Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0);
                        address.to_bits() >> (128 - prefix) == base.to_bits() >> (128 - prefix)
                    }
                    _ => false,
                };
                assert!(inside && !is_special_purpose(address), "{address} of {range:?}");
            }
        }
    }

    #[test]
    fn a_network_stays_while_its_addresses_change() {
        let mut chance = SeededRandom::new(1);
        let home = AddressRange::V6([0x2003, 0x00c0], 27).pick_access(&mut chance);
        let addresses = [home.address(&mut chance), home.address(&mut chance)].map(|address| match address {
            IpAddr::V6(address) => address.to_bits(),
            IpAddr::V4(address) => panic!("{address}"),
        });
        assert_ne!(addresses[0], addresses[1]);
        assert_eq!(addresses[0] >> 64, addresses[1] >> 64);
    }

    #[test]
    fn the_distance_is_that_of_the_shortest_flight() {
        let country_by_code = |code| COUNTRIES.iter().find(|country| country.code == code).expect("a country");
        let distance = country_by_code("DE").kilometres_to(country_by_code("BR"));
        assert!((9_790.0..9_830.0).contains(&distance), "{distance}");
        assert!(country_by_code("DE").kilometres_to(country_by_code("DE")) < 0.001);
    }
}
