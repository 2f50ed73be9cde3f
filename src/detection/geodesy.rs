//! Distances on the globe.

use crate::domain::location::GeoPosition;

/// The mean radius of the earth (IUGG R₁).
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// Returns the distance along the great circle, by the haversine formula. It is accurate enough at every distance,
/// including antipodes and poles, and at most half of the earth's circumference.
pub(super) fn distance_km(one: GeoPosition, other: GeoPosition) -> f64 {
    let (lat1, lat2) = (one.latitude.to_radians(), other.latitude.to_radians());
    let half_lat = (lat2 - lat1) / 2.0;
    let half_lon = (other.longitude - one.longitude).to_radians() / 2.0;
    let haversine = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
    // Rounding may leave the value slightly out of range, where the arc sine is not a number.
    2.0 * EARTH_RADIUS_KM * haversine.sqrt().clamp(0.0, 1.0).asin()
}

/// Returns the distance that remains if both positions are as close as their accuracy radii allow.
pub(super) fn effective_distance_km(one: GeoPosition, other: GeoPosition) -> f64 {
    let radii = f64::from(one.accuracy_radius_km) + f64::from(other.accuracy_radius_km);
    (distance_km(one, other) - radii).max(0.0)
}

/// Returns the centroid of positions as vectors from the centre of the earth. Its accuracy radius is the largest among
/// them. Returns `None` if there are no positions or they cancel each other out.
pub(super) fn centroid(positions: &[GeoPosition]) -> Option<GeoPosition> {
    let sum = positions.iter().fold([0.0; 3], |[x, y, z], position| {
        let (lat, lon) = (position.latitude.to_radians(), position.longitude.to_radians());
        [x + lat.cos() * lon.cos(), y + lat.cos() * lon.sin(), z + lat.sin()]
    });
    let [x, y, z] = sum;
    let length = (x * x + y * y + z * z).sqrt();
    let accuracy_radius_km = positions.iter().map(|position| position.accuracy_radius_km).max()?;
    (length > 1e-6).then(|| GeoPosition {
        latitude: (z / length).clamp(-1.0, 1.0).asin().to_degrees(),
        longitude: y.atan2(x).to_degrees(),
        accuracy_radius_km,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert, proptest};

    use super::*;
    use crate::detection::samples::{BHUTAN, BOXFORD, CHANGCHUN, LINKOPING, LONDON, MILTON, TOKYO};

    const HALF_AROUND: f64 = std::f64::consts::PI * EARTH_RADIUS_KM;

    fn at(latitude: f64, longitude: f64) -> GeoPosition {
        GeoPosition { latitude, longitude, accuracy_radius_km: 1 }
    }

    fn position() -> impl Strategy<Value = GeoPosition> {
        (-90.0..=90.0, -180.0..=180.0, 1..2_000_u32).prop_map(|(latitude, longitude, accuracy_radius_km)| GeoPosition {
            latitude,
            longitude,
            accuracy_radius_km,
        })
    }

    #[test]
    fn known_distances_come_out() {
        let cases = [
            (LONDON, MILTON, 7732.3, 7700.3),
            (LONDON, LINKOPING, 1257.7, 1171.7),
            (LONDON, BOXFORD, 84.0, 0.0),
            (LONDON, TOKYO, 9559.5, 9449.5),
            (CHANGCHUN, TOKYO, 1529.5, 1329.5),
            (LONDON, BHUTAN, 7690.5, 7146.5),
        ];
        for (one, other, distance, certain) in cases {
            assert!((distance_km(one, other) - distance).abs() < 0.06, "{}", distance_km(one, other));
            assert!(
                (effective_distance_km(one, other) - certain).abs() < 0.06,
                "{}",
                effective_distance_km(one, other)
            );
        }
    }

    #[test]
    fn poles_antipodes_and_the_date_line_are_places_like_others() {
        assert!(distance_km(at(90.0, 0.0), at(90.0, 123.0)) < 1e-6, "there is one north pole");
        assert!((distance_km(at(90.0, 0.0), at(-90.0, 50.0)) - HALF_AROUND).abs() < 1e-6);
        assert!((distance_km(at(10.0, 20.0), at(-10.0, -160.0)) - HALF_AROUND).abs() < 1e-3);
        assert!((distance_km(at(0.0, 179.9), at(0.0, -179.9)) - 22.239).abs() < 0.001);
        assert!(distance_km(at(0.0, 180.0), at(0.0, -180.0)) < 1e-6);
    }

    #[test]
    fn the_middle_lies_between_and_across_the_date_line() {
        let middle = centroid(&[at(0.0, 170.0), at(0.0, -170.0)]).expect("a centroid");
        assert!((middle.longitude.abs() - 180.0).abs() < 1e-6, "{middle:?}");
        assert_eq!(centroid(&[LONDON, BOXFORD]).expect("a centroid").accuracy_radius_km, 100);
        assert_eq!(centroid(&[]), None);
        assert_eq!(centroid(&[at(0.0, 0.0), at(0.0, 180.0)]), None);
    }

    proptest! {
        #[test]
        fn a_distance_is_the_same_there_and_back_and_never_too_long(one in position(), other in position()) {
            let there = distance_km(one, other);
            prop_assert!((there - distance_km(other, one)).abs() < 1e-6);
            prop_assert!((0.0..=HALF_AROUND + 1e-6).contains(&there));
            prop_assert!(effective_distance_km(one, other) <= there);
        }

        #[test]
        fn the_middle_is_no_farther_than_the_farthest(one in position(), other in position(), here in position()) {
            if let Some(middle) = centroid(&[one, other]) {
                let farthest = distance_km(here, one).max(distance_km(here, other));
                // Beyond a quarter of the circumference, the shortest way to the centroid may lead around the far side
                // of the globe.
                if farthest < HALF_AROUND / 2.0 {
                    prop_assert!(distance_km(here, middle) <= farthest + 1e-6);
                }
            }
        }
    }
}
