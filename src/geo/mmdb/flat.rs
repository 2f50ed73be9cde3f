//! The schema of the ip-location-db project: flat texts, empty if unknown.

use serde::Deserialize;

use super::normalize::{FlexibleNumber, normalize_country, normalize_name, normalize_position};
use crate::domain::GeoIpRecord;

#[derive(Deserialize)]
pub(super) struct FlatRecord<'a> {
    #[serde(default)]
    country_code: &'a str,
    #[serde(default)]
    state1: &'a str,
    #[serde(default)]
    city: &'a str,
    #[serde(borrow)]
    latitude: Option<FlexibleNumber<'a>>,
    longitude: Option<FlexibleNumber<'a>>,
}

impl From<FlatRecord<'_>> for GeoIpRecord {
    fn from(record: FlatRecord<'_>) -> Self {
        let city = normalize_name(without_district(record.city));
        let position = normalize_position(record.latitude.as_ref(), record.longitude.as_ref(), 0, !city.is_empty());
        let (country, region) = (normalize_country(record.country_code), normalize_name(record.state1));
        Self { country, region, city, position, ..Self::default() }
    }
}

/// Returns the city without its district: DB-IP writes "Seattle (Magnolia)". The district of an address is more than is
/// known, and not the city.
fn without_district(city: &str) -> &str {
    match city.split_once(" (") {
        Some((city, district)) if district.ends_with(')') => city,
        _ => city,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_returned_without_its_district() {
        for (city, expected) in [
            ("Seattle (Magnolia)", "Seattle"),
            ("Halle (Saale)", "Halle"),
            ("Pau", "Pau"),
            ("(Pau)", "(Pau)"),
            ("A (b", "A (b"),
        ] {
            assert_eq!(without_district(city), expected);
        }
    }
}
