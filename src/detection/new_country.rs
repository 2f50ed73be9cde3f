//! A login from a country in which the user was not seen recently.

use crate::{
    domain::{
        alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
        history::{CountryCode, NetworkPrefix, Visit},
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    learning::{LearningPhase, learning_phase},
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "NEW_COUNTRY", version: 2, evaluate };

/// Maximum number of known countries in the evidence.
const MAX_KNOWN_VALUES: usize = 10;

/// Matches a country in which the user was not seen. A trusted network has no new country, and neither has the network
/// of a recent visit: another GeoIP database may have moved it.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(country) = context.country() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry) };
    if context.has_hidden_country() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::AnonymousNetwork);
    }
    let phase = match learning_phase(history, settings.learning, now) {
        Ok(phase) => phase,
        Err(reason) => return RuleOutcome::NotEvaluated(reason),
    };
    if history.countries.is_empty() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::NoHistory);
    }
    let location = &context.session.record.location;
    let network = location.ip.map(NetworkPrefix::from_ip);
    let is_near = |visit: &Visit| visit.network.zip(network).is_some_and(|(there, here)| there.is_near(here));
    if !context.has_new_country() || context.is_trusted(location) || history.visits.iter().any(is_near) {
        return RuleOutcome::NoMatch;
    }
    let known: Vec<_> = history.countries.iter().take(MAX_KNOWN_VALUES).map(|seen| country_text(seen.value)).collect();
    let country = country_text(country);
    let is_severe = phase == LearningPhase::Complete && context.has_new_device();
    let severity = if is_severe { Severity::Medium } else { Severity::Low };
    RuleOutcome::Match(Box::new(RuleMatch {
        severity,
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login from {country}; {} from {}.",
            if history.logins == 1 {
                "the only earlier login was".to_owned()
            } else {
                format!("the last {} logins were", history.logins)
            },
            known.join(", ")
        ),
        reason_user: format!("New sign-in from {}{}", context.country_name(), context.on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: format!("{country}:{}", context.device_key()),
        detail: AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::Country,
            value: country,
            known_values: known,
            known_logins: history.logins,
            previous_login_at: history.last_login,
        }),
    }))
}

pub(super) fn country_text(country: CountryCode) -> String {
    String::from_utf8_lossy(&country).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::{SampleLogin, expect_match, history_of_logins, iphone, laptop},
        domain::NetworkClass,
    };

    #[test]
    fn what_a_country_means() {
        let cases = [
            ("an unseen country", SampleLogin::in_country("BR"), Ok(Some(Severity::Low))),
            ("on an unseen device", SampleLogin::in_country("BR").on_device(iphone()), Ok(Some(Severity::Medium))),
            ("a seen country", SampleLogin::in_country("DE"), Ok(None)),
            ("no country", SampleLogin::in_country(""), Err(NotEvaluatedReason::UnknownCountry)),
            ("after one login", SampleLogin::in_country("BR").after_logins(1), Ok(Some(Severity::Low))),
            (
                "while learning, on an unseen device",
                SampleLogin::in_country("BR").on_device(iphone()).after_logins(9),
                Ok(Some(Severity::Low)),
            ),
            ("the first login", SampleLogin::in_country("BR").after_logins(0), Err(NotEvaluatedReason::NoHistory)),
        ];
        for (name, login, expected) in cases {
            let severity = login.evaluate_with(evaluate).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = expect_match(&SampleLogin::in_country("BR").on_device(iphone()), evaluate);
        assert_eq!(found.reason_user, "New sign-in from Brazil on Safari on iPhone");
        assert_eq!(found.reason_admin, "Login from BR; the last 10 logins were from DE.");
        assert!(found.dedup_subject.starts_with("BR:"), "{}", found.dedup_subject);
        assert_eq!(found.action, AlertAction::Notify);
        let AlertEvidence::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!((novelty.value.as_str(), novelty.known_logins), ("BR", 10));
        assert_eq!(novelty.known_values, ["DE"]);
        let previous = found.previous.expect("the login before");
        assert_eq!((previous.location.country.as_str(), Some(previous.at)), ("DE", novelty.previous_login_at));
    }

    #[test]
    fn networks_that_explain_a_country_or_hide_it() {
        let from = |ip: &str| SampleLogin::in_country("BR").at_ip(ip);
        let seen_at = |mut login: SampleLogin, ip: &str| {
            login.history.visits[0].network = Some(NetworkPrefix::from_ip(ip.parse().expect("an address")));
            login
        };
        let in_class = |class| from("203.0.113.9").with_class(class, "203.0.113.0/24");
        let anonymous = Err(NotEvaluatedReason::AnonymousNetwork);
        let cases = vec![
            ("a network of nobody", from("203.0.113.9"), Ok(true)),
            ("a trusted network", from("203.0.113.9").trusting("203.0.113.0/24"), Ok(false)),
            ("another trusted network", from("203.0.113.9").trusting("198.51.100.0/24"), Ok(true)),
            ("a network that a new database moved", seen_at(from("203.0.113.9"), "203.0.113.77"), Ok(false)),
            ("an IPv6 network that was moved", seen_at(from("2001:db8::1"), "2001:db8::ffff"), Ok(false)),
            ("another /24", seen_at(from("203.0.113.9"), "203.0.112.77"), Ok(true)),
            ("another /64", seen_at(from("2001:db8::1"), "2001:db8:0:1::1"), Ok(true)),
            ("a relay, which preserves the country", in_class(NetworkClass::Relay), Ok(true)),
            ("a VPN", in_class(NetworkClass::Vpn), anonymous),
            ("Tor", in_class(NetworkClass::Tor), anonymous),
            ("a data centre", in_class(NetworkClass::Hosting), anonymous),
            ("a trusted data centre", in_class(NetworkClass::Hosting).trusting("203.0.113.9"), Ok(false)),
        ];
        for (name, login, expected) in cases {
            assert_eq!(login.evaluate_with(evaluate).map(|found| found.is_some()), expected, "{name}");
        }
    }

    #[test]
    fn no_country_is_new_to_a_user_who_was_never_located() {
        let nowhere = history_of_logins("", &laptop(), 10);
        let login = SampleLogin { history: nowhere, ..SampleLogin::in_country("BR") };
        assert_eq!(login.evaluate_with(evaluate), Err(NotEvaluatedReason::NoHistory));
    }
}
