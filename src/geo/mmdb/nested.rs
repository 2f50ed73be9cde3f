//! The schema of `MaxMind`'s City, Country and Enterprise databases (dev.maxmind.com, `GeoIP2` records): maps of maps.

use serde::Deserialize;

use super::{
    network,
    normal::{Number, country, name, position},
};
use crate::domain::Place;

#[derive(Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    country: Option<Country<'a>>,
    /// Where the network is registered, for want of better.
    registered_country: Option<Country<'a>>,
    /// Largest first.
    subdivisions: Option<Vec<Named<'a>>>,
    city: Option<Named<'a>>,
    location: Option<Point<'a>>,
    /// Of Enterprise alone.
    traits: Option<network::Record<'a>>,
}

#[derive(Deserialize)]
struct Country<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    names: Option<Names<'a>>,
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

#[derive(Deserialize)]
struct Point<'a> {
    #[serde(borrow)]
    latitude: Option<Number<'a>>,
    longitude: Option<Number<'a>>,
    accuracy_radius: Option<Number<'a>>,
}

impl Named<'_> {
    fn name(&self) -> String {
        let english = self.names.as_ref().and_then(|names| names.en);
        name(english.or(self.iso_code).unwrap_or_default())
    }
}

impl From<Record<'_>> for Place {
    fn from(record: Record<'_>) -> Self {
        let code = |of: &Option<Country<'_>>| of.as_ref().and_then(|of| of.iso_code).map(country).unwrap_or_default();
        let country = Some(code(&record.country)).filter(|code| !code.is_empty());
        let city = record.city.as_ref().map(Named::name).unwrap_or_default();
        let point = record.location.as_ref();
        let position = point.and_then(|point| {
            let radius = point.accuracy_radius.as_ref().map(Number::whole).unwrap_or_default();
            position(point.latitude.as_ref(), point.longitude.as_ref(), radius, !city.is_empty())
        });
        Self {
            country: country.unwrap_or_else(|| code(&record.registered_country)),
            region: record.subdivisions.as_deref().and_then(<[_]>::first).map(Named::name).unwrap_or_default(),
            city,
            position,
            ..record.traits.map(Self::from).unwrap_or_default()
        }
    }
}
