//! Locations of sign-ins.

use std::net::IpAddr;

/// A position in degrees, with the radius within which the client may actually be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoPosition {
    pub latitude: f64,
    pub longitude: f64,
    /// Never 0.
    pub accuracy_radius_km: u32,
}

/// The entry of an address in the GeoIP databases: its location and its network. Unknown fields are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeoIpRecord {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// First-level subdivision.
    pub region: String,
    pub city: String,
    pub position: Option<GeoPosition>,
    /// Autonomous system number; 0 if unknown.
    pub asn: u32,
    /// Name of the network's operator.
    pub network: String,
}

impl GeoIpRecord {
    /// Returns whether the record contains a location.
    #[must_use]
    pub fn has_location(&self) -> bool {
        !(self.country.is_empty() && self.region.is_empty() && self.city.is_empty() && self.position.is_none())
    }

    /// Returns whether the record contains a network.
    #[must_use]
    pub fn has_network(&self) -> bool {
        self.asn != 0 || !self.network.is_empty()
    }

    /// Returns this record, with the location and the network of `other` where this one has none. A location comes from
    /// one source as a whole: a city never gets another source's country.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let has_network = self.has_network();
        let (asn, network) =
            if has_network { (self.asn, self.network.clone()) } else { (other.asn, other.network.clone()) };
        Self { asn, network, ..if self.has_location() { self } else { other } }
    }
}

/// The network address of a client, with its location and network. Unknown fields are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// IPv4-mapped IPv6 addresses are held as IPv4 (RFC 4291 §2.5.5.2).
    pub ip: Option<IpAddr>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub region: String,
    pub city: String,
    pub position: Option<GeoPosition>,
    /// Autonomous system number; 0 if unknown.
    pub asn: u32,
    /// Name of the network's operator.
    pub network: String,
}

impl Location {
    /// Creates the location of an address from its GeoIP record. `stated_country` is the country that the caller states
    /// for its client. It counts only if the record has no country.
    #[must_use]
    pub fn new(ip: Option<IpAddr>, place: GeoIpRecord, stated_country: &str) -> Self {
        let GeoIpRecord { mut country, region, city, position, asn, network } = place;
        if country.is_empty() {
            stated_country.clone_into(&mut country);
        }
        Self { ip, country, region, city, position, asn, network }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, city: &str, asn: u32) -> GeoIpRecord {
        GeoIpRecord { country: country.to_owned(), city: city.to_owned(), asn, ..GeoIpRecord::default() }
    }

    #[test]
    fn where_a_place_is_comes_from_one_source_and_its_network_may_come_from_another() {
        assert_eq!(place("BR", "", 0).merge(place("GB", "London", 64_500)), place("BR", "", 64_500));
        assert_eq!(place("", "", 64_500).merge(place("GB", "London", 64_501)), place("GB", "London", 64_500));
        assert_eq!(place("", "", 0).merge(GeoIpRecord::default()), GeoIpRecord::default());
    }

    #[test]
    fn a_stated_country_counts_only_where_none_was_found() {
        assert_eq!(Location::new(None, place("BR", "", 0), "GB").country, "BR");
        assert_eq!(Location::new(None, place("", "", 7), "GB").country, "GB");
        assert_eq!(Location::new(None, GeoIpRecord::default(), ""), Location::default());
    }
}
