//! The login history of a user.

mod hours;
mod recent;
mod unconfirmed;
mod visit;

use std::time::Duration;

use super::{
    device::{Device, DeviceTag},
    location::Location,
    time::UnixMillis,
};
use unconfirmed::SuspectPlaces;

pub use hours::LoginHours;
pub use recent::{RecentValues, RememberedValue, RetentionWindow};
pub use unconfirmed::{CompromisedSession, SessionIdSuffix, UnconfirmedLogin};
pub use visit::{NetworkPrefix, NetworkTag, Visit};

/// An ISO 3166-1 alpha-2 country code, in upper case.
pub type CountryCode = [u8; 2];

/// The first five bytes of a [`DeviceTag`]. With twenty known devices, a new device is mistaken for one of them in 1 of
/// 5·10¹⁰ cases.
pub type DeviceTagPrefix = [u8; 5];

/// The retention of countries: 90 days, or longer while the country is among the last ten logins.
pub const COUNTRY_RETENTION: RetentionWindow =
    RetentionWindow { age: Duration::from_hours(90 * 24), logins: 10, entries: 16 };
/// The retention of networks: 30 days, or longer while the network is among the last ten logins.
pub const NETWORK_RETENTION: RetentionWindow =
    RetentionWindow { age: Duration::from_hours(30 * 24), logins: 10, entries: 8 };
/// The retention of devices: 30 days, or longer while the device is among the last twenty logins.
pub const DEVICE_RETENTION: RetentionWindow =
    RetentionWindow { age: Duration::from_hours(30 * 24), logins: 20, entries: 20 };
/// The maximum number of remembered visits. Each is remembered for [`LoginHistory::MAX_AGE`].
pub const MAX_VISITS: usize = 5;
/// The maximum number of unconfirmed logins, which are remembered without being learned from.
pub const MAX_UNCONFIRMED_LOGINS: usize = 8;

/// The known logins of one user. Its size is bounded: the stored form has at most 1 KiB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginHistory {
    /// Logins since `first_login`.
    pub logins: u32,
    /// The time from which logins are counted; `None` before the first login.
    pub first_login: Option<UnixMillis>,
    pub last_login: Option<UnixMillis>,
    pub countries: RecentValues<CountryCode>,
    pub devices: RecentValues<DeviceTagPrefix>,
    pub networks: RecentValues<NetworkTag>,
    /// Visits, most recent first. A login from an unknown location adds none.
    pub visits: Vec<Visit>,
    /// Logins that raised a finding, oldest first. Their locations and devices are not yet known to be the user's.
    pub unconfirmed: Vec<UnconfirmedLogin>,
    pub hours: LoginHours,
    /// The last login through a network that hides where its users are, confirmed or not.
    pub last_anonymous_login: Option<UnixMillis>,
}

impl LoginHistory {
    /// The time without a login after which the history is no longer meaningful.
    pub const MAX_AGE: Duration = Duration::from_hours(90 * 24);

    /// Returns this history with one more login. Entries outside their retention window are dropped. If the last login
    /// is older than [`LoginHistory::MAX_AGE`], the history starts over with this login.
    #[must_use]
    pub fn with_login(self, at: UnixMillis, location: &Location, device: DeviceTag) -> Self {
        self.learn(device_tag_prefix(device), Visit::new(at, location))
    }

    /// Returns this history with a login that raised a finding. The login is remembered, and is learned from once it
    /// has been [confirmed](Self::with_confirmed_until). It is left out if a similar login is already waiting, or if
    /// [`MAX_UNCONFIRMED_LOGINS`] logins are.
    #[must_use]
    pub fn with_unconfirmed(
        mut self,
        at: UnixMillis,
        location: &Location,
        device: DeviceTag,
        session: SessionIdSuffix,
    ) -> Self {
        let login = UnconfirmedLogin { session, device: device_tag_prefix(device), visit: Visit::new(at, location) };
        let is_known = self.unconfirmed.iter().any(|known| known.resembles(&login));
        if !is_known && self.unconfirmed.len() < MAX_UNCONFIRMED_LOGINS {
            self.unconfirmed.push(login);
        }
        self
    }

    /// Returns this history, or an empty one if its latest login is longer ago than `retention`. A store may remove it
    /// later than that.
    #[must_use]
    pub fn kept_for(self, retention: Duration, now: UnixMillis) -> Self {
        let is_kept = self.latest_login().is_some_and(|latest| now.since(latest) <= retention);
        if is_kept { self } else { Self::default() }
    }

    /// Learns from the logins that have had no objection for [`UnconfirmedLogin::CONFIRMATION_PERIOD`].
    #[must_use]
    pub fn with_confirmed_until(self, now: UnixMillis) -> Self {
        self.confirm(|login| now.since(login.visit.at) >= UnconfirmedLogin::CONFIRMATION_PERIOD)
    }

    /// Learns from a login that the user has acknowledged, and from similar ones that are waiting. Its country, device
    /// and network are known from `now` on, even if the login is long ago.
    #[must_use]
    pub fn with_acknowledged(self, login: &UnconfirmedLogin, now: UnixMillis) -> Self {
        let is_acknowledged = |waiting: &UnconfirmedLogin| waiting.session == login.session || waiting.resembles(login);
        let is_waiting = self.unconfirmed.iter().any(is_acknowledged);
        let mut history = self.confirm(is_acknowledged);
        if !is_waiting && !history.knows(login) {
            let waiting = std::mem::take(&mut history.unconfirmed);
            history = Self { unconfirmed: waiting, ..history.learn(login.device, login.visit) };
        }
        history.devices.refresh(login.device, now);
        if let Some(country) = login.visit.country {
            history.countries.refresh(country, now);
        }
        if let Some(network) = login.visit.network {
            history.networks.refresh(network.tag(), now);
        }
        history
    }

    /// Returns whether the device, the country and the network of a login are known, as far as they are stated.
    fn knows(&self, login: &UnconfirmedLogin) -> bool {
        let UnconfirmedLogin { device, visit, .. } = login;
        self.devices.contains(*device)
            && visit.country.is_none_or(|country| self.countries.contains(country))
            && visit.network.is_none_or(|network| self.networks.contains(network.tag()))
    }

    fn confirm(mut self, is_confirmed: impl Fn(&UnconfirmedLogin) -> bool) -> Self {
        let (confirmed, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.unconfirmed).into_iter().partition(is_confirmed);
        let mut history = confirmed.into_iter().fold(self, |history, login| history.learn(login.device, login.visit));
        history.unconfirmed = waiting;
        history
    }

    /// Returns this history without the location and the device that the login of a compromised session introduced.
    /// Those that were known before it stay. The last country also stays, because no country is new to a history
    /// without one.
    #[must_use]
    pub fn without_compromised(mut self, compromised: &CompromisedSession) -> Self {
        let device = device_tag_prefix(compromised.device);
        let mut suspects = SuspectPlaces::default();
        // A similar login on the same device may be stored in place of this one.
        let own = self.unconfirmed.iter().find(|login| login.session == compromised.session);
        let waiting = own.or_else(|| self.unconfirmed.iter().find(|login| login.device == device));
        // A login that has been learned from is stored without its session, so it is found by its time.
        let learned = || {
            self.visits
                .iter()
                .filter_map(|visit| Some((compromised.time_from_login(visit.at)?, visit)))
                .min_by_key(|(apart, _)| *apart)
        };
        if let Some(visit) = waiting.map(|login| &login.visit).or_else(|| learned().map(|(_, visit)| visit)) {
            suspects.add(*visit);
        }
        self.unconfirmed.retain(|login| {
            let near = suspects.contains(&login.visit);
            let same_place = login.visit.country.is_some_and(|country| suspects.countries.contains(&country));
            login.session != compromised.session && login.device != device && !near && !same_place
        });
        self.visits.retain(|visit| !suspects.contains(visit));
        self.last_anonymous_login = self.last_anonymous_login.filter(|at| compromised.time_from_login(*at).is_none());
        let suspect_networks: Vec<_> =
            suspects.visits.iter().filter_map(|visit| visit.network).map(NetworkPrefix::tag).collect();
        self.networks
            .remove(|seen| suspect_networks.contains(&seen.value) && compromised.may_have_introduced(seen.since));
        self.devices.remove(|seen| seen.value == device && compromised.may_have_introduced(seen.since));
        let is_suspect = |seen: &RememberedValue<CountryCode>| {
            let may_be_its = suspects.countries.is_empty() || suspects.countries.contains(&seen.value);
            may_be_its && compromised.may_have_introduced(seen.since)
        };
        if self.countries.iter().any(|seen| !is_suspect(seen)) {
            self.countries.remove(is_suspect);
        }
        self
    }

    /// Returns this history with the time of a login through a network that hides where its users are. It is the only
    /// fact that a history keeps of such a login before the login is confirmed.
    #[must_use]
    pub fn with_anonymous_login(self, at: UnixMillis) -> Self {
        Self { last_anonymous_login: self.last_anonymous_login.max(Some(at)), ..self }
    }

    /// Returns whether the user signed in through a network that hides where its users are, within
    /// [`LoginHistory::MAX_AGE`].
    #[must_use]
    pub fn knows_anonymous_logins(&self, now: UnixMillis) -> bool {
        self.last_anonymous_login.is_some_and(|last| now.since(last) <= Self::MAX_AGE)
    }

    /// Returns this history without its unconfirmed logins, and without an anonymous login later than everything that
    /// was learned.
    #[must_use]
    pub fn without_unconfirmed(self) -> Self {
        let last_anonymous_login = self.last_anonymous_login.filter(|at| self.last_login >= Some(*at));
        Self { unconfirmed: Vec::new(), last_anonymous_login, ..self }
    }

    fn learn(self, device: DeviceTagPrefix, visit: Visit) -> Self {
        let at = visit.at;
        let mut history = if self.is_dormant(at) { Self::default() } else { self };
        history.logins = history.logins.saturating_add(1);
        history.first_login.get_or_insert(at);
        history.last_login = history.last_login.max(Some(at));
        history.hours.add(at);
        history.devices.add(device, at, history.logins, DEVICE_RETENTION);
        if let Some(country) = visit.country {
            history.countries.add(country, at, history.logins, COUNTRY_RETENTION);
        }
        if let Some(network) = visit.network {
            history.networks.add(network.tag(), at, history.logins, NETWORK_RETENTION);
        }
        history.countries.prune(at, history.logins, COUNTRY_RETENTION);
        if visit.has_location() {
            let place = history.visits.partition_point(|known| known.at > at);
            history.visits.insert(place, visit);
        }
        history.visits.retain(|visit| at.since(visit.at) <= Self::MAX_AGE);
        history.visits.truncate(MAX_VISITS);
        history
    }

    /// Returns whether the last login is older than [`LoginHistory::MAX_AGE`], so that learning starts over.
    #[must_use]
    pub fn is_dormant(&self, now: UnixMillis) -> bool {
        self.last_login.is_some_and(|last| now.since(last) > Self::MAX_AGE)
    }

    /// Returns the time of the latest login that is remembered, confirmed or not.
    #[must_use]
    pub fn latest_login(&self) -> Option<UnixMillis> {
        self.unconfirmed.iter().map(|login| login.visit.at).max().max(self.last_login)
    }

    /// Returns whether the device is known to be the user's.
    #[must_use]
    pub fn knows_device(&self, device: DeviceTag) -> bool {
        self.devices.contains(device_tag_prefix(device))
    }

    /// Returns whether the user is known in the network of a client, or on its device if the caller named the device.
    #[must_use]
    pub fn is_familiar(&self, location: &Location, device: &Device) -> bool {
        let network = location.ip.map(|ip| NetworkPrefix::from_ip(ip).tag());
        let is_known_network = network.is_some_and(|network| self.networks.contains(network));
        is_known_network || (device.named_by_caller && self.knows_device(device.tag()))
    }

    /// Returns whether a login on the device is remembered, confirmed or not.
    #[must_use]
    pub fn has_seen_device(&self, device: DeviceTag) -> bool {
        self.knows_device(device) || self.unconfirmed.iter().any(|login| login.device == device_tag_prefix(device))
    }
}

/// Returns the part of a device tag that a history stores.
#[must_use]
pub fn device_tag_prefix(device: DeviceTag) -> DeviceTagPrefix {
    std::array::from_fn(|n| device[n])
}

/// Returns `country` as a code, or `None` unless it consists of two upper-case letters.
#[must_use]
pub fn country_code(country: &str) -> Option<CountryCode> {
    let code: CountryCode = country.as_bytes().try_into().ok()?;
    code.iter().all(u8::is_ascii_uppercase).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::location::GeoPosition;

    const DAY: Duration = Duration::from_hours(24);
    const START: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn day(n: u32) -> UnixMillis {
        START.plus(DAY * n)
    }

    fn place(country: &str) -> Location {
        let position = Some(GeoPosition { latitude: 48.123_456, longitude: 11.5, accuracy_radius_km: 20 });
        Location { country: country.to_owned(), position, ..Location::default() }
    }

    fn known(history: &LoginHistory) -> Vec<String> {
        history.countries.iter().map(|seen| String::from_utf8_lossy(&seen.value).into_owned()).collect()
    }

    #[test]
    fn logins_are_counted_from_the_first_to_the_last() {
        let history =
            LoginHistory::default().with_login(day(0), &place("DE"), [1; 8]).with_login(day(2), &place("FR"), [2; 8]);
        assert_eq!((history.logins, history.first_login, history.last_login), (2, Some(day(0)), Some(day(2))));
        assert_eq!(known(&history), ["FR", "DE"]);
        assert!(history.knows_device([1; 8]) && !history.knows_device([3; 8]));
    }

    #[test]
    fn a_login_that_is_reported_late_takes_its_place_among_the_visits() {
        let history =
            LoginHistory::default().with_login(day(2), &place("DE"), [1; 8]).with_login(day(1), &place("FR"), [1; 8]);
        let times: Vec<_> = history.visits.iter().map(|visit| visit.at).collect();
        assert_eq!((times, history.last_login), (vec![day(2), day(1)], Some(day(2))));
    }

    #[test]
    fn a_country_is_forgotten_after_90_days_and_ten_logins() {
        let mut history = LoginHistory::default().with_login(day(0), &place("BR"), [1; 8]);
        for n in 1..=9 {
            history = history.with_login(day(n * 11), &place("DE"), [1; 8]);
        }
        assert_eq!(known(&history), ["DE", "BR"], "99 days, but among the last ten");
        assert_eq!(known(&history.with_login(day(100), &place("DE"), [1; 8])), ["DE"]);
    }

    #[test]
    fn a_device_is_forgotten_after_30_days_and_twenty_logins() {
        let mut history = LoginHistory::default().with_login(day(0), &place("DE"), [1; 8]);
        for n in 1..=19 {
            history = history.with_login(day(n * 2), &place("DE"), [2; 8]);
        }
        assert!(history.knows_device([1; 8]), "38 days, but among the last twenty");
        assert!(!history.with_login(day(39), &place("DE"), [2; 8]).knows_device([1; 8]));
    }

    #[test]
    fn a_user_absent_for_more_than_90_days_is_learned_again() {
        let history = LoginHistory::default().with_login(day(0), &place("DE"), [1; 8]);
        assert!(!history.is_dormant(day(90)) && history.is_dormant(day(91)));
        let relearned = history.with_login(day(91), &place("FR"), [1; 8]);
        assert_eq!(
            (relearned.logins, relearned.first_login, known(&relearned)),
            (1, Some(day(91)), vec!["FR".to_owned()])
        );
    }

    #[test]
    fn no_more_than_its_bounds_is_kept() {
        let mut history = LoginHistory::default();
        for n in 0..100_u8 {
            let country = format!("A{}", char::from(b'A' + n % 26));
            history = history.with_login(START.plus(Duration::from_mins(n.into())), &place(&country), [n; 8]);
        }
        assert_eq!((history.countries.len(), history.devices.len(), history.visits.len()), (16, 20, MAX_VISITS));
        for n in 0..100_u8 {
            history = history.with_unconfirmed(START, &place("JP"), [n; 8], [n; 8]);
        }
        let first = history.unconfirmed.first().map(|login| login.session);
        assert_eq!(
            (history.unconfirmed.len(), first),
            (MAX_UNCONFIRMED_LOGINS, Some([0; 8])),
            "the oldest can still be confirmed"
        );
    }

    const ATTACKER: SessionIdSuffix = [9; 8];

    fn attacked(history: LoginHistory, at: UnixMillis) -> LoginHistory {
        history.with_unconfirmed(at, &place("JP"), [7; 8], ATTACKER)
    }

    fn compromised(started_at: UnixMillis) -> CompromisedSession {
        CompromisedSession { session: ATTACKER, started_at, device: [7; 8] }
    }

    #[test]
    fn a_flagged_login_is_learned_after_a_day_or_when_it_is_acknowledged() {
        let home = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]);
        let flagged = attacked(home.clone(), day(1));
        assert!(!flagged.knows_device([7; 8]) && flagged.has_seen_device([7; 8]));
        assert_eq!((known(&flagged), flagged.visits.len(), flagged.logins), (vec!["AT".to_owned()], 1, 1));

        let early = flagged.clone().with_confirmed_until(day(2).minus(Duration::from_millis(1)));
        assert_eq!(early, flagged);
        let learned = flagged.clone().with_confirmed_until(day(2));
        assert!(learned.knows_device([7; 8]) && learned.unconfirmed.is_empty());
        assert_eq!((known(&learned), learned.visits.len(), learned.logins), (vec!["JP".into(), "AT".into()], 2, 2));
        assert_eq!(flagged.clone().with_acknowledged(&login_from("JP", 7, day(1)), day(1)), learned);
        let at_home = UnconfirmedLogin { session: [1; 8], ..login_from("AT", 1, day(0)) };
        assert_eq!(flagged.clone().with_acknowledged(&at_home, day(0)), flagged, "it was known");
        assert_eq!(flagged.without_unconfirmed(), home);
    }

    fn login_from(country: &str, device: u8, at: UnixMillis) -> UnconfirmedLogin {
        UnconfirmedLogin { session: ATTACKER, device: [device; 5], visit: Visit::new(at, &place(country)) }
    }

    #[test]
    fn an_acknowledged_login_is_known_for_30_days_from_then_on() {
        let home = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]);
        let login = login_from("JP", 7, day(1));
        let acknowledged = home.clone().with_acknowledged(&login, day(10));
        assert_eq!((known(&acknowledged), acknowledged.logins), (vec!["JP".to_owned(), "AT".to_owned()], 2));
        assert_eq!(acknowledged.visits.first().map(|visit| visit.at), Some(day(1)), "the visit was earlier");
        assert_eq!(acknowledged.clone().with_acknowledged(&login, day(10)), acknowledged, "it is learned once");

        let later = |mut history: LoginHistory, until: u32| {
            for n in 0..30 {
                history = history.with_login(day(until).minus(Duration::from_mins(n)), &place("AT"), [1; 8]);
            }
            history.knows_device([7; 8])
        };
        assert!(later(acknowledged.clone(), 40) && !later(acknowledged, 41));
        assert!(!later(home.with_acknowledged(&login, day(1)), 40), "30 days, and not the login, count");
    }

    #[test]
    fn an_acknowledged_login_speaks_for_those_like_it_only() {
        let home = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]);
        let waiting = home.with_unconfirmed(day(1), &place("JP"), [7; 8], [2; 8]).with_unconfirmed(
            day(1),
            &place("BR"),
            [7; 8],
            [3; 8],
        );
        let acknowledged = waiting.with_acknowledged(&login_from("JP", 7, day(1)), day(1));
        let left: Vec<_> = acknowledged.unconfirmed.iter().map(|login| login.session).collect();
        assert_eq!((known(&acknowledged), left), (vec!["JP".to_owned(), "AT".to_owned()], vec![[3; 8]]));
    }

    #[test]
    fn a_compromised_session_takes_what_it_introduced_and_nothing_else() {
        let home = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]);
        let waiting = attacked(home.clone(), day(1));
        assert_eq!(waiting.clone().without_compromised(&compromised(day(1))), home, "an unconfirmed login");
        let learned = waiting.with_confirmed_until(day(2));
        let cleaned = learned.clone().without_compromised(&compromised(day(1)));
        assert_eq!(
            (known(&cleaned), cleaned.knows_device([7; 8])),
            (vec!["AT".to_owned()], false),
            "a confirmed login"
        );
        assert_eq!(cleaned.visits.iter().map(|visit| visit.at).collect::<Vec<_>>(), [day(0)]);

        let stolen = CompromisedSession { session: [3; 8], started_at: day(5), device: [1; 8] };
        let at_home = learned.with_login(day(5), &place("AT"), [1; 8]).without_compromised(&stolen);
        assert!(at_home.knows_device([1; 8]), "the device was known before");
        assert_eq!(known(&at_home), ["AT", "JP"]);
    }

    #[test]
    fn a_login_at_home_seconds_before_the_attack_stays() {
        let home = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]);
        let seconds = Duration::from_secs(2);
        let flagged = attacked(home.clone(), day(0).plus(seconds));
        // A similar login is stored in place of the second one.
        let second = CompromisedSession { session: [8; 8], ..compromised(day(0).plus(seconds / 2)) };
        assert_eq!(flagged.clone().without_compromised(&second), home);
        assert_eq!(flagged.without_compromised(&compromised(day(0).plus(seconds))), home);
    }

    #[test]
    fn the_only_country_stays() {
        let session = CompromisedSession { session: [3; 8], started_at: day(0), device: [1; 8] };
        let history = LoginHistory::default().with_login(day(0), &place("AT"), [1; 8]).without_compromised(&session);
        assert_eq!((known(&history), history.knows_device([1; 8])), (vec!["AT".to_owned()], false));
    }

    #[test]
    fn a_place_that_is_unknown_leaves_no_trace() {
        let history = LoginHistory::default().with_login(day(0), &Location::default(), [1; 8]);
        assert_eq!((history.countries.len(), history.visits.len(), history.logins), (0, 0, 1));
        assert_eq!(country_code("de"), None);
        assert_eq!(country_code("DEU"), None);
    }
}
