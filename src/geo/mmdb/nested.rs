//! The schema of `MaxMind`'s City, Country and Enterprise databases (dev.maxmind.com, `GeoIP2` records): maps of maps.

use serde::Deserialize;

use super::{
    network,
    normalize::{FlexibleNumber, normalize_country, normalize_name, normalize_position},
};
use crate::domain::GeoIpRecord;

#[derive(Deserialize)]
pub(super) struct NestedRecord<'a> {
    #[serde(borrow)]
    country: Option<CountryRecord<'a>>,
    /// The country in which the network is registered, used if `country` is unknown.
    registered_country: Option<CountryRecord<'a>>,
    /// The subdivisions, largest first.
    subdivisions: Option<Vec<NamedRecord<'a>>>,
    city: Option<NamedRecord<'a>>,
    location: Option<LocationRecord<'a>>,
    /// The network, in Enterprise databases only.
    traits: Option<network::NetworkRecord<'a>>,
}

#[derive(Deserialize)]
struct CountryRecord<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct NamedRecord<'a> {
    #[serde(borrow)]
    names: Option<LocalizedNames<'a>>,
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct LocalizedNames<'a> {
    en: Option<&'a str>,
}

#[derive(Deserialize)]
struct LocationRecord<'a> {
    #[serde(borrow)]
    latitude: Option<FlexibleNumber<'a>>,
    longitude: Option<FlexibleNumber<'a>>,
    accuracy_radius: Option<FlexibleNumber<'a>>,
}

impl NamedRecord<'_> {
    fn name(&self) -> String {
        let english = self.names.as_ref().and_then(|names| names.en);
        normalize_name(english.or(self.iso_code).unwrap_or_default())
    }
}

impl From<NestedRecord<'_>> for GeoIpRecord {
    fn from(record: NestedRecord<'_>) -> Self {
        let code = |of: &Option<CountryRecord<'_>>| {
            of.as_ref().and_then(|of| of.iso_code).map(normalize_country).unwrap_or_default()
        };
        let country = Some(code(&record.country)).filter(|code| !code.is_empty());
        let city = record.city.as_ref().map(NamedRecord::name).unwrap_or_default();
        let point = record.location.as_ref();
        let position = point.and_then(|point| {
            let radius = point.accuracy_radius.as_ref().map(FlexibleNumber::as_u32).unwrap_or_default();
            normalize_position(point.latitude.as_ref(), point.longitude.as_ref(), radius, !city.is_empty())
        });
        Self {
            country: country.unwrap_or_else(|| code(&record.registered_country)),
            region: record.subdivisions.as_deref().and_then(<[_]>::first).map(NamedRecord::name).unwrap_or_default(),
            city,
            position,
            ..record.traits.map(Self::from).unwrap_or_default()
        }
    }
}
