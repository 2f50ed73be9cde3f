//! A session that two clients use in turn, far from each other.

use crate::domain::{
    alert::{AlertAction, AlertEvidence, ClientObservation, Severity, TravelEvidence},
    location::GeoPosition,
};

use super::{
    CONCURRENT_USE_WINDOW,
    context::{SessionUseContext, is_same_network, is_same_system},
    context_change::STOLEN_COOKIE,
    rule::{SessionMatch, SessionRuleSpec},
};
use crate::detection::{
    NotEvaluatedReason, RuleOutcome,
    geodesy::{distance_km, effective_distance_km},
};

pub(super) const RULE: SessionRuleSpec = SessionRuleSpec { name: "CONCURRENT_SESSION_USE", version: 1, evaluate };

/// Matches the return of a client after another one: A, B, A within ten minutes. A and B are in networks of different
/// operators and in different countries, or at least as far apart as journeys that [`IMPOSSIBLE_TRAVEL`] reports. A
/// phone that changes between Wi-Fi and its carrier stays in its country. Networks that hide where their users are say
/// nothing. A user who has authenticated meanwhile is the user.
///
/// [`IMPOSSIBLE_TRAVEL`]: crate::detection::TravelLimits
fn evaluate(context: &SessionUseContext<'_>) -> RuleOutcome<SessionMatch> {
    let (here, between) = (&context.current.location, &context.previous.location);
    let (Some(false), Some(same_system)) = (is_same_network(here, between), is_same_system(here, between)) else {
        return match (is_same_network(here, between), is_same_system(here, between)) {
            (Some(true), _) => RuleOutcome::NoMatch,
            (None, _) => RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownAddress),
            _ => RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownNetwork),
        };
    };
    let earlier = context.recent.iter().rev().skip(1);
    let mut returns = earlier.filter(|recent| {
        context.now.since(recent.until) <= CONCURRENT_USE_WINDOW
            && is_same_network(&recent.client.location, here) == Some(true)
    });
    if same_system || returns.next().is_none() || context.has_authenticated_since() {
        return RuleOutcome::NoMatch;
    }
    if context.is_anonymous(here) || context.is_anonymous(between) {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::AnonymousNetwork);
    }
    let is_abroad = !here.country.is_empty() && !between.country.is_empty() && here.country != between.country;
    let positions = here.position.zip(between.position);
    let limit = context.settings.travel.min_distance_km;
    let is_far = positions.is_some_and(|(here, there)| effective_distance_km(here, there) >= limit);
    if is_abroad || is_far {
        return RuleOutcome::Match(Box::new(found(context, positions)));
    }
    let is_located = !here.country.is_empty() && !between.country.is_empty();
    if is_located { RuleOutcome::NoMatch } else { RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry) }
}

fn found(context: &SessionUseContext<'_>, positions: Option<(GeoPosition, GeoPosition)>) -> SessionMatch {
    let (here, between) = (context.current, context.previous);
    let elapsed = here.at.since(between.at);
    let minutes = CONCURRENT_USE_WINDOW.as_secs() / 60;
    SessionMatch {
        severity: Severity::High,
        action_taken: AlertAction::None,
        action_recommended: AlertAction::StepUp,
        detail: positions.map(|(one, other)| {
            let effective_distance_km = effective_distance_km(one, other);
            AlertEvidence::Travel(TravelEvidence {
                distance_km: distance_km(one, other),
                effective_distance_km,
                elapsed,
                speed_kmh: effective_distance_km / (elapsed.as_secs_f64().max(60.0) / 3600.0),
                max_speed_kmh: context.settings.travel.max_speed_kmh,
                min_distance_km: context.settings.travel.min_distance_km,
            })
        }),
        reason_admin: format!(
            "Two clients used the session in turn within {minutes} min: {} in AS{} and {} in AS{}.",
            country(here),
            here.location.asn,
            country(between),
            between.location.asn
        ),
        reason_user: "Your session was used in two places at the same time; somebody may have copied it".to_owned(),
        mitre_techniques: STOLEN_COOKIE,
    }
}

fn country(client: &ClientObservation) -> &str {
    match client.location.country.as_str() {
        "" => "an unknown country",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::samples::SampleUse, *};
    use crate::{
        detection::samples::{BOXFORD, LONDON, TOKYO},
        domain::NetworkClass,
    };

    #[test]
    fn two_clients_in_turn() {
        let returning = SampleUse::returning_home;
        let near = || returning().previously_at("203.0.113.9", 64_501, "DE", None);
        let authenticated = {
            let mut authenticated = returning();
            authenticated.session.record.authenticated_at = authenticated.previous.at.plus(Duration::from_secs(1));
            authenticated
        };
        let cases = vec![
            ("home, abroad, home", returning(), Ok(true)),
            ("the last moment", returning().home_seen_minutes_ago(10), Ok(true)),
            ("a moment too late", returning().home_seen_minutes_ago(11), Ok(false)),
            ("after another authentication", authenticated, Ok(false)),
            ("abroad for the first time", SampleUse::of_a_thief(), Ok(false)),
            ("Wi-Fi, carrier, Wi-Fi", near(), Ok(false)),
            ("within one operator", returning().previously_at("203.0.113.9", 64_500, "BR", None), Ok(false)),
            (
                "no country",
                returning().previously_at("203.0.113.9", 64_501, "", None),
                Err(NotEvaluatedReason::UnknownCountry),
            ),
            (
                "no operator",
                returning().previously_at("203.0.113.9", 0, "BR", None),
                Err(NotEvaluatedReason::UnknownNetwork),
            ),
            (
                "through a VPN",
                returning().with_class(NetworkClass::Vpn, "203.0.113.0/24"),
                Err(NotEvaluatedReason::AnonymousNetwork),
            ),
            (
                "through a VPN that is trusted",
                returning().with_class(NetworkClass::Vpn, "203.0.113.0/24").trusting(&["203.0.113.0/24"]),
                Ok(true),
            ),
        ];
        for (name, sample, expected) in cases {
            assert_eq!(sample.evaluate_with(evaluate).map(|found| found.is_some()), expected, "{name}");
        }
    }

    #[test]
    fn in_one_country_the_distance_counts() {
        let between = |position, there| {
            let mut sample = SampleUse::returning_home().previously_at("203.0.113.9", 64_501, "DE", Some(there));
            sample.current.location.position = Some(position);
            sample
        };
        let is_match = |sample: &SampleUse| sample.evaluate_with(evaluate).expect("evaluated").is_some();
        assert!(is_match(&between(LONDON, TOKYO)));
        assert!(!is_match(&between(LONDON, BOXFORD)));
        let mut wider = between(LONDON, TOKYO);
        wider.settings.travel.min_distance_km = 10_000.0;
        assert!(!is_match(&wider), "travel_min_distance_km");
        let found = between(LONDON, TOKYO).evaluate_with(evaluate).expect("evaluated").expect("a match");
        assert!(matches!(found.detail, Some(AlertEvidence::Travel(travel)) if travel.distance_km > 9_000.0));
    }
}
