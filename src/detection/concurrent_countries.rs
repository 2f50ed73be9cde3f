//! Active sessions in many countries at once.

use std::time::Duration;

use crate::{
    domain::{
        alert::{AlertAction, AlertEvidence, ClientObservation, Severity, VolumeEvidence},
        history::{CountryCode, country_code},
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    new_country::country_text,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "CONCURRENT_COUNTRIES", version: 1, evaluate };

/// The default number of countries. Every journey leads to two: the computer at home stays signed in.
pub(super) const DEFAULT_THRESHOLD: u32 = 3;

/// Matches the login that adds a country, and not the ones after it. A session does not count if this login replaces
/// it, on the same named device, or evicts it because of the limit.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let Some(here) = context.country() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry) };
    let device = &context.session.record.device;
    let remaining_sessions = || {
        let replaced = |tag| device.named_by_caller && tag == device.tag();
        // The sessions are ordered most recently active first, and the last ones are evicted.
        let room = usize::from(context.limit).saturating_sub(1);
        context.live.iter().filter(move |session| !replaced(session.clock.device)).take(room)
    };
    let mut countries: Vec<CountryCode> = Vec::new();
    for country in remaining_sessions().filter_map(|session| country_code(&session.record.location.country)) {
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    let count = countries.len() + 1;
    let threshold = context.settings.concurrent_countries;
    if countries.contains(&here) || u32::try_from(count).unwrap_or(u32::MAX) < threshold {
        return RuleOutcome::NoMatch;
    }
    let other_countries: Vec<_> = countries.into_iter().map(country_text).collect();
    let previous = remaining_sessions().find(|session| country_code(&session.record.location.country).is_some());
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: Severity::Medium,
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: previous.map(|session| ClientObservation::from_login(&session.record)),
        reason_admin: format!(
            "Login from {} while sessions are active in {}: {count} countries, alert threshold {threshold}.",
            country_text(here),
            other_countries.join(", ")
        ),
        reason_user: format!(
            "New sign-in from {}{}; you are signed in from {} other {}",
            context.country_name(),
            context.on_device(),
            other_countries.len(),
            if other_countries.len() == 1 { "country" } else { "countries" }
        ),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: format!("{}:{}", country_text(here), context.device_key()),
        detail: AlertEvidence::Volume(VolumeEvidence {
            count: u64::try_from(count).unwrap_or(u64::MAX),
            threshold: threshold.into(),
            window: Duration::ZERO,
            distinct_users: 1,
            distinct_networks: 0,
            distinct_devices: 0,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::samples::{SampleLogin, expect_match, iphone, session_in};

    fn with_sessions_in(login: SampleLogin, countries: &[&str]) -> SampleLogin {
        SampleLogin { live: countries.iter().map(|country| session_in(country)).collect(), ..login }
    }

    #[test]
    fn what_many_countries_mean() {
        let cases = [
            ("a third country", "FR", &["DE", "BR"][..], Ok(Some(3))),
            ("a fourth country", "FR", &["DE", "BR", "US"], Ok(Some(4))),
            ("a second country", "FR", &["DE", "DE"], Ok(None)),
            ("one of three", "FR", &["DE", "BR", "FR"], Ok(None)),
            ("the evicted one does not count", "FR", &["BR", "BR", "BR", "BR", "DE"], Ok(None)),
            ("unknown ones do not count", "FR", &["DE", "", "", ""], Ok(None)),
            ("an unknown one", "", &["DE", "BR", "US"], Err(NotEvaluatedReason::UnknownCountry)),
        ];
        for (name, here, elsewhere, expected) in cases {
            let outcome =
                with_sessions_in(SampleLogin::in_country(here).after_logins(0), elsewhere).evaluate_with(evaluate);
            let count = outcome.map(|found| found.map(|found| count(&found)));
            assert_eq!(count, expected, "{name}");
        }
    }

    #[test]
    fn what_the_login_replaces_does_not_count() {
        let phone = crate::domain::Device { named_by_caller: true, ..iphone() };
        let mut login = with_sessions_in(SampleLogin::in_country("FR").on_device(phone.clone()), &["DE", "BR"]);
        login.live[0].clock.device = phone.tag();
        assert_eq!(login.evaluate_with(evaluate), Ok(None));
        login.session.record.device.named_by_caller = false;
        assert!(matches!(login.evaluate_with(evaluate), Ok(Some(_))), "a derived device replaces nothing");
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = expect_match(&with_sessions_in(SampleLogin::in_country("FR"), &["DE", "BR"]), evaluate);
        assert_eq!(
            found.reason_user,
            "New sign-in from France on Firefox on Linux; you are signed in from 2 other countries"
        );
        assert!(found.reason_admin.contains("active in DE, BR: 3 countries"), "{}", found.reason_admin);
        assert_eq!(found.previous.expect("a session").location.country, "DE");
    }

    fn count(found: &RuleMatch) -> u64 {
        match &found.detail {
            AlertEvidence::Volume(volume) => volume.count,
            other => panic!("{other:?}"),
        }
    }
}
