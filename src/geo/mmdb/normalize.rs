//! Normalises the values of all schemas to one form.

use serde::Deserialize;

use crate::domain::{country, limits::truncate_text, location::GeoPosition};

/// Maximum bytes of a name.
const NAME_BYTES: usize = 128;
/// Radius assumed if a file states none: about the error in the position of a city.
const CITY_RADIUS_KM: u32 = 200;
/// Radius assumed if not even a city is known: the value that `MaxMind` states for large countries.
const COUNTRY_RADIUS_KM: u32 = 1_000;
/// Half of the earth's circumference: no radius is larger.
const MAX_RADIUS_KM: u32 = 20_038;

/// A number of any width, which some files store as text. An empty text is no number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum FlexibleNumber<'a> {
    Integer(u64),
    Float(f64),
    Text(&'a str),
}

impl FlexibleNumber<'_> {
    /// Returns the value, or 0 if it is not a 32-bit integer.
    pub(super) fn as_u32(&self) -> u32 {
        match self {
            Self::Integer(value) => u32::try_from(*value).unwrap_or_default(),
            Self::Float(_) => 0,
            Self::Text(text) => text.trim().parse().unwrap_or_default(),
        }
    }

    fn as_degrees(&self, limit: f64) -> Option<f64> {
        let value = match self {
            Self::Integer(value) => f64::from(u32::try_from(*value).ok()?),
            Self::Float(value) => *value,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        // Files store 32-bit numbers; a ten-thousandth of a degree is 11 m, far below any radius.
        (value.is_finite() && value.abs() <= limit).then(|| (value * 1e4).round() / 1e4)
    }
}

/// Returns the code in two upper-case letters; empty if `code` is not a country.
pub(super) fn normalize_country(code: &str) -> String {
    country::normalise(code).unwrap_or_default()
}

/// Returns a name without control characters and surrounding spaces, cut at [`NAME_BYTES`]. A dash alone is no name.
pub(super) fn normalize_name(text: &str) -> String {
    let name = truncate_text(text.trim(), NAME_BYTES);
    if name == "-" { String::new() } else { name }
}

/// Returns the position; `None` unless both coordinates are on the earth. (0, 0) is in the sea, and some files use it
/// for "unknown".
pub(super) fn normalize_position(
    latitude: Option<&FlexibleNumber<'_>>,
    longitude: Option<&FlexibleNumber<'_>>,
    radius_km: u32,
    has_city: bool,
) -> Option<GeoPosition> {
    let (latitude, longitude) = (latitude?.as_degrees(90.0)?, longitude?.as_degrees(180.0)?);
    if latitude.abs() < f64::EPSILON && longitude.abs() < f64::EPSILON {
        return None;
    }
    let accuracy_radius_km = match radius_km {
        0 if has_city => CITY_RADIUS_KM,
        0 => COUNTRY_RADIUS_KM,
        stated => stated.min(MAX_RADIUS_KM),
    };
    Some(GeoPosition { latitude, longitude, accuracy_radius_km })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters_or_nothing() {
        for (code, normal) in [("br", "BR"), (" GB ", "GB"), ("", ""), ("BRA", ""), ("T1", ""), ("ZZ", ""), ("xx", "")]
        {
            assert_eq!(normalize_country(code), normal, "{code}");
        }
    }

    #[test]
    fn names_are_bounded_and_control_nothing() {
        assert_eq!(normalize_name(" S\u{e3}o\u{1b} Paulo\n"), "São Paulo");
        assert_eq!(normalize_name("-"), "");
        let long = normalize_name(&"é".repeat(200));
        assert_eq!(long, "é".repeat(64));
    }

    #[test]
    fn a_position_lies_on_the_earth_or_is_none() {
        let at = |latitude, longitude| {
            normalize_position(Some(&FlexibleNumber::Float(latitude)), Some(&FlexibleNumber::Float(longitude)), 5, true)
        };
        assert_eq!(
            at(-23.555_799_484_252_93, 180.0),
            Some(GeoPosition { latitude: -23.5558, longitude: 180.0, accuracy_radius_km: 5 })
        );
        for (latitude, longitude) in [(91.0, 0.0), (0.0, -180.1), (f64::NAN, 1.0), (1.0, f64::INFINITY), (0.0, 0.0)] {
            assert_eq!(at(latitude, longitude), None, "{latitude}, {longitude}");
        }
        assert!(at(0.0, 1.0).is_some(), "the equator");
        assert!(
            normalize_position(Some(&FlexibleNumber::Text("51.5")), Some(&FlexibleNumber::Text("-0.1")), 5, true)
                .is_some()
        );
        assert_eq!(normalize_position(Some(&FlexibleNumber::Text("")), Some(&FlexibleNumber::Text("")), 5, true), None);
        assert_eq!(normalize_position(Some(&FlexibleNumber::Float(1.0)), None, 5, true), None);
    }

    #[test]
    fn a_radius_that_is_not_given_is_assumed() {
        let radius = |stated, has_city| {
            let one = FlexibleNumber::Float(1.0);
            normalize_position(Some(&one), Some(&one), stated, has_city).map(|position| position.accuracy_radius_km)
        };
        assert_eq!(radius(0, true), Some(200));
        assert_eq!(radius(0, false), Some(1_000));
        assert_eq!(radius(20, true), Some(20));
        assert_eq!(radius(u32::MAX, true), Some(20_038));
    }
}
