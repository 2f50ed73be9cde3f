//! Two logins that are too far apart for the time between them.

use std::time::Duration;

use crate::{
    domain::{
        UnixMillis,
        alert::{AlertAction, AlertEvidence, ClientObservation, Severity, TravelEvidence},
        history::{CountryCode, NetworkPrefix, Visit},
        location::GeoPosition,
        time::millis,
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    geodesy::{centroid, distance_km, effective_distance_km},
    new_country::country_text,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "IMPOSSIBLE_TRAVEL", version: 2, evaluate };

/// Minimum time assumed between two logins: clocks differ, and no time at all would be infinitely fast.
const MIN_ELAPSED: Duration = Duration::from_mins(1);
/// Time by which another login may be later than this one before their order is in doubt.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The limits of possible travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TravelLimits {
    pub max_speed_kmh: f64,
    /// Shorter distances never match.
    pub min_distance_km: f64,
    /// Older logins are ignored.
    pub lookback: Duration,
}

impl Default for TravelLimits {
    fn default() -> Self {
        Self { max_speed_kmh: 900.0, min_distance_km: 500.0, lookback: Duration::from_hours(24) }
    }
}

/// A visit of the user with a known position and country.
#[derive(Clone, Copy, Debug)]
struct LocatedVisit {
    at: UnixMillis,
    position: GeoPosition,
    country: CountryCode,
}

/// Compares the login with the last one and with the centroid of the last five, in space and in time. The centroid
/// reveals travel that a last login with a vague position hides. Its distance is at most the mean of the distances, so
/// a user who is slow enough for each of the five logins is slow enough for the centroid.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let location = &context.session.record.location;
    let Some(country) = context.country() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry) };
    let Some(position) = location.position.filter(is_valid_position) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownPosition);
    };
    if context.network_class().is_some() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::AnonymousNetwork);
    }
    let here = LocatedVisit { at: context.now, position, country };
    let (visits, anonymous): (Vec<&Visit>, Vec<&Visit>) =
        recent_visits(context).partition(|visit| context.network_class_of(&visit.location()).is_none());
    let Some(last) = visits.first() else {
        return RuleOutcome::NotEvaluated(match anonymous.first() {
            Some(_) => NotEvaluatedReason::AnonymousNetwork,
            None => NotEvaluatedReason::NoHistory,
        });
    };
    if last.at > context.now.plus(MAX_CLOCK_SKEW) {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::OutOfOrder);
    }
    // A user who stays in a network has not moved, even if a new database locates the network elsewhere.
    let network = location.ip.map(NetworkPrefix::from_ip);
    // Only the latest visit counts: an earlier one says nothing about the journey since.
    if last.network.zip(network).is_some_and(|(there, here)| there.is_near(here)) {
        return RuleOutcome::NoMatch;
    }
    // The exits of a carrier, and of an organisation, are where their users are not.
    let same_carrier = last.asn == location.asn && context.settings.carrier_networks.contains_system(location.asn);
    if same_carrier || (context.is_trusted(location) && context.is_trusted(&last.location())) {
        return RuleOutcome::NoMatch;
    }
    if visits.iter().all(|visit| visit.position.is_none()) {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownPosition);
    }
    let known: Vec<_> = visits.iter().filter_map(|visit| locate_visit(visit).map(|place| (*visit, place))).collect();
    let Some((visit, last)) = known.first() else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry);
    };
    let limits = context.settings.travel;
    let places: Vec<_> = known.iter().map(|(_, place)| *place).collect();
    let check_travel = |from: LocatedVisit| impossible_travel(from, here, limits).map(|travel| (from, travel));
    match check_travel(*last).or_else(|| mean_location(&places).and_then(check_travel)) {
        Some((from, travel)) => RuleOutcome::Match(Box::new(travel_match(context, visit, from, here, travel))),
        None => RuleOutcome::NoMatch,
    }
}

/// Returns the visits within the lookback, most recent first.
fn recent_visits<'a>(context: &LoginContext<'a>) -> impl Iterator<Item = &'a Visit> {
    let (now, lookback) = (context.now, context.settings.travel.lookback);
    context.history.visits.iter().filter(move |visit| now.since(visit.at) <= lookback)
}

fn locate_visit(visit: &Visit) -> Option<LocatedVisit> {
    Some(LocatedVisit { at: visit.at, position: visit.position?, country: visit.country? })
}

/// Returns the centroid of several places, in the country of most of them; `None` for fewer than two places.
fn mean_location(places: &[LocatedVisit]) -> Option<LocatedVisit> {
    let positions: Vec<_> = places.iter().map(|place| place.position).collect();
    let count = u64::try_from(places.len()).ok().filter(|count| *count > 1)?;
    let times = places.iter().map(|place| place.at.get() / count).sum();
    let often = |country| places.iter().filter(|place| place.country == country).count();
    // `max_by_key` returns the last of several maxima, so the order is reversed: the most recent country counts.
    let country = places.iter().rev().map(|place| place.country).max_by_key(|country| often(*country))?;
    Some(LocatedVisit { at: UnixMillis::new(times), position: centroid(&positions)?, country })
}

/// Returns the travel between two places if it is impossible, and `None` otherwise.
fn impossible_travel(from: LocatedVisit, to: LocatedVisit, limits: TravelLimits) -> Option<TravelEvidence> {
    let elapsed = to.at.since(from.at);
    let effective_distance_km = effective_distance_km(from.position, to.position);
    let hours = elapsed.max(MIN_ELAPSED).as_secs_f64() / 3600.0;
    let speed_kmh = effective_distance_km / hours;
    let impossible = from.country != to.country
        && effective_distance_km >= limits.min_distance_km
        && speed_kmh > limits.max_speed_kmh;
    impossible.then(|| TravelEvidence {
        distance_km: distance_km(from.position, to.position),
        effective_distance_km,
        elapsed,
        speed_kmh,
        max_speed_kmh: limits.max_speed_kmh,
        min_distance_km: limits.min_distance_km,
    })
}

fn travel_match(
    context: &LoginContext<'_>,
    last: &Visit,
    from: LocatedVisit,
    to: LocatedVisit,
    travel: TravelEvidence,
) -> RuleMatch {
    RuleMatch {
        severity: if context.has_new_device() { Severity::High } else { Severity::Medium },
        action: AlertAction::StepUp,
        raised_by: FindingTrigger::Login,
        previous: Some(ClientObservation { location: last.location(), device: None, at: last.at }),
        reason_admin: format!(
            "{} km from {} to {} in {} min (at least {} km allowing for location uncertainty): {} km/h, \
             above the limit of {} km/h.",
            with_separators(travel.distance_km),
            country_text(from.country),
            country_text(to.country),
            millis(travel.elapsed) / 60_000,
            with_separators(travel.effective_distance_km),
            with_separators(travel.speed_kmh),
            with_separators(travel.max_speed_kmh)
        ),
        reason_user: format!(
            "New sign-in from {}{}, too soon after a sign-in from {} for the same person",
            context.country_name(),
            context.on_device(),
            super::countries::country_name(&country_text(from.country))
        ),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: format!(
            "{}>{}:{}:{}",
            country_text(from.country),
            country_text(to.country),
            context.device_key(),
            context.network_key()
        ),
        detail: AlertEvidence::Travel(travel),
    }
}

/// Returns a number without decimals and with commas between thousands, such as "9,559".
fn with_separators(number: f64) -> String {
    let mut text = format!("{number:.0}");
    let mut at = text.len();
    while at > 3 {
        at -= 3;
        text.insert(at, ',');
    }
    text
}

fn is_valid_position(position: &GeoPosition) -> bool {
    position.latitude.abs() <= 90.0 && position.longitude.abs() <= 180.0
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::{Strategy, prop_assert, proptest};

    use super::*;
    use crate::{
        detection::samples::{
            BHUTAN, BOXFORD, CHANGCHUN, LINKOPING, LONDON, MILTON, NOW, SampleLogin, TOKYO, expect_match, iphone,
            laptop,
        },
        domain::{NetworkClass, NetworkEntry},
    };

    fn ago(hours: f64) -> UnixMillis {
        NOW.minus(Duration::from_secs_f64(hours * 3600.0))
    }

    fn visit(country: &str, position: GeoPosition, at: UnixMillis) -> Visit {
        let location = crate::domain::Location {
            country: country.to_owned(),
            position: Some(position),
            ..crate::domain::Location::default()
        };
        Visit::from_location(at, &location).expect("a visit")
    }

    /// Returns a login in `country` at `position` after `visits`, most recent first.
    fn login(country: &str, position: GeoPosition, visits: Vec<Visit>) -> SampleLogin {
        let mut login = SampleLogin::in_country(country);
        login.session.record.location.position = Some(position);
        login.history.visits = visits;
        login
    }

    fn is_match(login: &SampleLogin) -> bool {
        matches!(login.evaluate_with(evaluate), Ok(Some(_)))
    }

    #[test]
    fn known_journeys_are_too_fast_below_their_known_times() {
        let cases = [
            (("GB", LONDON), ("US", MILTON), Some(8.56)),
            (("GB", LONDON), ("SE", LINKOPING), Some(1.30)),
            (("GB", LONDON), ("GB", BOXFORD), None),
            (("GB", LONDON), ("JP", TOKYO), Some(10.50)),
            (("CN", CHANGCHUN), ("JP", TOKYO), Some(1.48)),
            (("GB", LONDON), ("BT", BHUTAN), Some(7.94)),
        ];
        for ((from, there), (to, here), below) in cases {
            for ((from, there), (to, here)) in [((from, there), (to, here)), ((to, here), (from, there))] {
                let fast = |hours| is_match(&login(to, here, vec![visit(from, there, ago(hours))]));
                match below {
                    Some(hours) => {
                        assert!(fast(hours - 0.01), "{from} to {to} in less than {hours} h");
                        assert!(!fast(hours + 0.01), "{from} to {to} in more than {hours} h");
                    }
                    None => assert!(!fast(0.0), "{from} to {to}"),
                }
            }
        }
    }

    #[test]
    fn what_keeps_it_quiet_and_what_keeps_it_from_looking() {
        let fresh = || vec![visit("GB", LONDON, ago(0.5))];
        let far = |visits| login("JP", TOKYO, visits);
        let on_network = |ip: &str, there: &str| {
            let mut login = far(fresh());
            login.session.record.location.ip = Some(ip.parse().expect("an address"));
            login.history.visits[0].network = Some(NetworkPrefix::from_ip(there.parse().expect("an address")));
            login
        };
        let carrier = |asn| {
            let mut login = on_network("81.2.70.7", "81.2.69.142");
            (login.session.record.location.asn, login.history.visits[0].asn) = (64_500, asn);
            login.settings.carrier_networks = [NetworkEntry::System(64_500)].into_iter().collect();
            login
        };
        let hidden = |range| on_network("81.2.70.7", "81.2.69.142").with_class(NetworkClass::Relay, range);
        let without_country = Visit { country: None, ..fresh()[0] };
        let without_position = Visit { position: None, ..fresh()[0] };
        let mut nowhere = far(fresh());
        nowhere.session.record.location.position = None;
        let mut not_a_number = far(fresh());
        not_a_number.session.record.location.position = Some(GeoPosition { latitude: f64::NAN, ..TOKYO });
        let cases = vec![
            ("far and fast", far(fresh()), Ok(true)),
            ("at the same moment", far(vec![visit("GB", LONDON, NOW)]), Ok(true)),
            ("five seconds before it", far(vec![visit("GB", LONDON, NOW.plus(MAX_CLOCK_SKEW))]), Ok(true)),
            (
                "out of order",
                far(vec![visit("GB", LONDON, NOW.plus(MAX_CLOCK_SKEW * 2))]),
                Err(NotEvaluatedReason::OutOfOrder),
            ),
            ("in one country", login("GB", TOKYO, fresh()), Ok(false)),
            ("from the same /24", on_network("81.2.69.7", "81.2.69.142"), Ok(false)),
            ("from another /24", on_network("81.2.70.7", "81.2.69.142"), Ok(true)),
            ("from the same /64", on_network("2001:218::1", "2001:218::2"), Ok(false)),
            ("from another /64", on_network("2001:218::1", "2001:218:0:1::1"), Ok(true)),
            ("within a carrier", carrier(64_500), Ok(false)),
            ("to another carrier", carrier(64_501), Ok(true)),
            ("between trusted networks", on_network("81.2.70.7", "81.2.69.142").trusting("81.2.0.0/16"), Ok(false)),
            ("to a trusted network", on_network("81.2.70.7", "81.2.69.142").trusting("81.2.70.0/24"), Ok(true)),
            ("from a trusted network", on_network("81.2.70.7", "81.2.69.142").trusting("81.2.69.0/24"), Ok(true)),
            ("to a relay", hidden("81.2.70.0/24"), Err(NotEvaluatedReason::AnonymousNetwork)),
            ("from a relay", hidden("81.2.69.0/24"), Err(NotEvaluatedReason::AnonymousNetwork)),
            ("to a trusted relay", hidden("81.2.70.0/24").trusting("81.2.70.7"), Ok(true)),
            ("more than a day later", far(vec![visit("GB", LONDON, ago(24.01))]), Err(NotEvaluatedReason::NoHistory)),
            ("the first located login", far(Vec::new()), Err(NotEvaluatedReason::NoHistory)),
            ("no country", login("", TOKYO, fresh()), Err(NotEvaluatedReason::UnknownCountry)),
            ("no country before", far(vec![without_country]), Err(NotEvaluatedReason::UnknownCountry)),
            ("no position", nowhere, Err(NotEvaluatedReason::UnknownPosition)),
            ("no position before", far(vec![without_position]), Err(NotEvaluatedReason::UnknownPosition)),
            ("not a number", not_a_number, Err(NotEvaluatedReason::UnknownPosition)),
        ];
        for (name, login, expected) in cases {
            assert_eq!(login.evaluate_with(evaluate).map(|found| found.is_some()), expected, "{name}");
        }
    }

    #[test]
    fn only_the_latest_visit_shows_that_the_user_stayed() {
        let tokyo = |ip: &str, at| {
            let network = Some(NetworkPrefix::from_ip(ip.parse().expect("an address")));
            Visit { network, ..visit("JP", TOKYO, at) }
        };
        let mut back = login("JP", TOKYO, vec![visit("GB", LONDON, ago(0.5)), tokyo("203.0.113.9", ago(2.0))]);
        back.session.record.location.ip = Some("203.0.113.9".parse().expect("an address"));
        assert!(is_match(&back), "the network was used before the user was in London");
        back.history.visits.reverse();
        assert!(!is_match(&back), "the network was used last");
    }

    #[test]
    fn a_journey_from_another_network_is_another_finding() {
        let from_network = |ip: &str| {
            let mut login = login("JP", TOKYO, vec![visit("GB", LONDON, ago(1.0))]);
            login.session.record.location.ip = Some(ip.parse().expect("an address"));
            expect_match(&login, evaluate).dedup_subject
        };
        assert_ne!(from_network("203.0.113.9"), from_network("198.51.100.9"));
        assert_eq!(from_network("203.0.113.9"), from_network("203.0.113.77"), "addresses of one /24");
    }

    #[test]
    fn a_new_device_makes_it_worse() {
        let login = login("JP", TOKYO, vec![visit("GB", LONDON, ago(1.0))]);
        assert_eq!(expect_match(&login.clone().on_device(laptop()), evaluate).severity, Severity::Medium);
        assert_eq!(expect_match(&login.on_device(iphone()), evaluate).severity, Severity::High);
    }

    #[test]
    fn a_vague_last_login_does_not_hide_the_ones_before() {
        let vague = GeoPosition { accuracy_radius_km: 20_000, ..TOKYO };
        let home = [1.0, 1.1, 1.2].map(|hours| visit("GB", LONDON, ago(hours)));
        let unsure = visit("JP", vague, ago(0.01));
        assert!(!is_match(&login("JP", TOKYO, vec![unsure])));
        // The centroid has the radius of the vaguest login, so the other positions must be accurate.
        let sure = visit("JP", TOKYO, ago(0.01));
        let visits = [vec![sure], home.to_vec()].concat();
        let found = expect_match(&login("JP", TOKYO, visits), evaluate);
        assert!(found.dedup_subject.starts_with("GB>JP:"), "{}", found.dedup_subject);
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found =
            expect_match(&login("JP", TOKYO, vec![visit("GB", LONDON, ago(1.0))]).on_device(iphone()), evaluate);
        assert_eq!(
            found.reason_user,
            "New sign-in from Japan on Safari on iPhone, too soon after a sign-in from the United Kingdom for the same \
             person"
        );
        assert_eq!(
            found.reason_admin,
            "9,559 km from GB to JP in 60 min (at least 9,449 km allowing for location uncertainty): 9,449 km/h, \
             above the limit of 900 km/h."
        );
        let device = HEXLOWER.encode(&iphone().tag());
        assert_eq!((found.dedup_subject, found.action), (format!("GB>JP:{device}:"), AlertAction::StepUp));
        assert_eq!(found.previous.expect("the previous login").location.position, Some(LONDON));
    }

    fn position() -> impl Strategy<Value = GeoPosition> {
        (-90.0..=90.0, -180.0..=180.0, 1..3_000_u32).prop_map(|(latitude, longitude, accuracy_radius_km)| GeoPosition {
            latitude,
            longitude,
            accuracy_radius_km,
        })
    }

    proptest! {
        #[test]
        fn the_way_back_is_as_impossible_as_the_way_there(one in position(), other in position(), hours in 0.0..24.0) {
            let there = is_match(&login("AA", one, vec![visit("BB", other, ago(hours))]));
            let back = is_match(&login("AA", other, vec![visit("BB", one, ago(hours))]));
            // The position of a stored visit is rounded to a grid, that of the login is not.
            let borderline = travel_is_borderline(one, other, hours);
            prop_assert!(there == back || borderline);
        }

        #[test]
        fn more_time_never_makes_it_impossible(one in position(), other in position(), hours in 0.0..20.0, more in 0.0..4.0) {
            let slow = is_match(&login("AA", one, vec![visit("BB", other, ago(hours + more))]));
            prop_assert!(!slow || is_match(&login("AA", one, vec![visit("BB", other, ago(hours))])));
        }

        #[test]
        fn less_certainty_never_makes_it_impossible(one in position(), other in position(), more in 1..3_000_u32, hours in 0.0..24.0) {
            let vague = GeoPosition { accuracy_radius_km: one.accuracy_radius_km + more, ..one };
            let found = is_match(&login("AA", vague, vec![visit("BB", other, ago(hours))]));
            prop_assert!(!found || is_match(&login("AA", one, vec![visit("BB", other, ago(hours))])));
        }

        #[test]
        fn who_is_slow_enough_for_each_is_slow_enough_for_the_middle(
            here in position(), places in proptest::collection::vec((position(), 0.0..24.0), 1..=5)
        ) {
            let mut visits: Vec<_> = places.iter().map(|(place, hours)| visit("BB", *place, ago(*hours))).collect();
            visits.sort_by_key(|visit| std::cmp::Reverse(visit.at));
            let each = visits.iter().any(|visit| is_match(&login("AA", here, vec![*visit])));
            let together = is_match(&login("AA", here, visits.clone()));
            // Places all around the globe have no meaningful centroid.
            let near = places.iter().all(|(place, _)| distance_km(*place, here) < 9_000.0);
            prop_assert!(!together || each || !near);
        }
    }

    fn travel_is_borderline(one: GeoPosition, other: GeoPosition, hours: f64) -> bool {
        let certain = effective_distance_km(one, other);
        (certain - 500.0).abs() < 1.0 || (certain / hours.max(1.0 / 60.0) - 900.0).abs() < 5.0
    }
}
