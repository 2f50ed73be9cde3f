//! What is remembered of a user's logins.

mod recent;
mod visit;

use std::time::Duration;

use super::{device::DeviceTag, location::Location, time::UnixMillis};

pub use recent::{Recent, Seen, Window};
pub use visit::{Network, Visit};

/// ISO 3166-1 alpha-2.
pub type CountryCode = [u8; 2];

/// The first five bytes of a [`DeviceTag`]. A device that was never seen is taken for one of twenty that
/// were in 1 of 5·10¹⁰ cases.
pub type DeviceMark = [u8; 5];

/// A country is remembered for 90 days, and while it is among the last ten logins.
pub const COUNTRIES: Window = Window { age: Duration::from_hours(90 * 24), logins: 10, entries: 16 };
/// A device is remembered for 30 days, and while it is among the last twenty logins.
pub const DEVICES: Window = Window { age: Duration::from_hours(30 * 24), logins: 20, entries: 20 };
/// Places that are remembered, for [`LoginHistory::AGE`].
pub const VISITS: usize = 5;

/// What is known of the logins of one user. Bounded: its stored form has at most 512 bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginHistory {
    /// Logins since `first_login`.
    pub logins: u32,
    /// Since when logins are counted; `None` before the first.
    pub first_login: Option<UnixMillis>,
    pub last_login: Option<UnixMillis>,
    pub countries: Recent<CountryCode>,
    pub devices: Recent<DeviceMark>,
    /// Most recent first. Logins whose place was unknown left none.
    pub visits: Vec<Visit>,
}

impl LoginHistory {
    /// After so long without a login nothing of it means anything.
    pub const AGE: Duration = Duration::from_hours(90 * 24);

    /// This history and one login more. What lies outside its window is forgotten, and everything when
    /// the last login was more than [`LoginHistory::AGE`] ago.
    #[must_use]
    pub fn with(self, at: UnixMillis, location: &Location, device: DeviceTag) -> Self {
        let mut history = if self.is_dormant(at) { Self::default() } else { self };
        history.logins = history.logins.saturating_add(1);
        history.first_login.get_or_insert(at);
        history.last_login = history.last_login.max(Some(at));
        history.devices.add(mark_of(device), at, history.logins, DEVICES);
        if let Some(country) = country_code(&location.country) {
            history.countries.add(country, at, history.logins, COUNTRIES);
        }
        history.countries.forget(at, history.logins, COUNTRIES);
        if let Some(visit) = Visit::of(at, location) {
            let place = history.visits.partition_point(|known| known.at > at);
            history.visits.insert(place, visit);
        }
        history.visits.retain(|visit| at.since(visit.at) <= Self::AGE);
        history.visits.truncate(VISITS);
        history
    }

    /// Whether the last login is so long ago that the user is to be learned anew.
    #[must_use]
    pub fn is_dormant(&self, now: UnixMillis) -> bool {
        self.last_login.is_some_and(|last| now.since(last) > Self::AGE)
    }

    /// Whether the device is remembered.
    #[must_use]
    pub fn knows_device(&self, device: DeviceTag) -> bool {
        self.devices.knows(mark_of(device))
    }
}

/// The part of a device tag that is remembered.
#[must_use]
pub fn mark_of(device: DeviceTag) -> DeviceMark {
    std::array::from_fn(|n| device[n])
}

/// `None` for anything but two upper-case letters.
#[must_use]
pub fn country_code(country: &str) -> Option<CountryCode> {
    let code: CountryCode = country.as_bytes().try_into().ok()?;
    code.iter().all(u8::is_ascii_uppercase).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::location::Position;

    const DAY: Duration = Duration::from_hours(24);
    const START: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn day(n: u32) -> UnixMillis {
        START.plus(DAY * n)
    }

    fn place(country: &str) -> Location {
        let position = Some(Position { latitude: 48.123_456, longitude: 11.5, accuracy_radius_km: 20 });
        Location { country: country.to_owned(), position, ..Location::default() }
    }

    fn known(history: &LoginHistory) -> Vec<String> {
        history.countries.iter().map(|seen| String::from_utf8_lossy(&seen.value).into_owned()).collect()
    }

    #[test]
    fn logins_are_counted_from_the_first_to_the_last() {
        let history = LoginHistory::default().with(day(0), &place("DE"), [1; 8]).with(day(2), &place("FR"), [2; 8]);
        assert_eq!((history.logins, history.first_login, history.last_login), (2, Some(day(0)), Some(day(2))));
        assert_eq!(known(&history), ["FR", "DE"]);
        assert!(history.knows_device([1; 8]) && !history.knows_device([3; 8]));
    }

    #[test]
    fn a_login_that_is_told_late_takes_its_place_among_the_visits() {
        let history = LoginHistory::default().with(day(2), &place("DE"), [1; 8]).with(day(1), &place("FR"), [1; 8]);
        let times: Vec<_> = history.visits.iter().map(|visit| visit.at).collect();
        assert_eq!((times, history.last_login), (vec![day(2), day(1)], Some(day(2))));
    }

    #[test]
    fn a_country_is_forgotten_after_90_days_and_ten_logins() {
        let mut history = LoginHistory::default().with(day(0), &place("BR"), [1; 8]);
        for n in 1..=9 {
            history = history.with(day(n * 11), &place("DE"), [1; 8]);
        }
        assert_eq!(known(&history), ["DE", "BR"], "99 days, but among the last ten");
        assert_eq!(known(&history.with(day(100), &place("DE"), [1; 8])), ["DE"]);
    }

    #[test]
    fn a_device_is_forgotten_after_30_days_and_twenty_logins() {
        let mut history = LoginHistory::default().with(day(0), &place("DE"), [1; 8]);
        for n in 1..=19 {
            history = history.with(day(n * 2), &place("DE"), [2; 8]);
        }
        assert!(history.knows_device([1; 8]), "38 days, but among the last twenty");
        assert!(!history.with(day(39), &place("DE"), [2; 8]).knows_device([1; 8]));
    }

    #[test]
    fn who_was_away_for_more_than_90_days_is_learned_anew() {
        let history = LoginHistory::default().with(day(0), &place("DE"), [1; 8]);
        assert!(!history.is_dormant(day(90)) && history.is_dormant(day(91)));
        let anew = history.with(day(91), &place("FR"), [1; 8]);
        assert_eq!((anew.logins, anew.first_login, known(&anew)), (1, Some(day(91)), vec!["FR".to_owned()]));
    }

    #[test]
    fn no_more_than_its_bounds_is_kept() {
        let mut history = LoginHistory::default();
        for n in 0..100_u8 {
            let country = format!("A{}", char::from(b'A' + n % 26));
            history = history.with(START.plus(Duration::from_mins(n.into())), &place(&country), [n; 8]);
        }
        assert_eq!((history.countries.len(), history.devices.len(), history.visits.len()), (16, 20, VISITS));
    }

    #[test]
    fn a_place_that_is_unknown_leaves_no_trace() {
        let history = LoginHistory::default().with(day(0), &Location::default(), [1; 8]);
        assert_eq!((history.countries.len(), history.visits.len(), history.logins), (0, 0, 1));
        assert_eq!(country_code("de"), None);
        assert_eq!(country_code("DEU"), None);
    }
}
