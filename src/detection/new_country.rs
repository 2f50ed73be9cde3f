//! A login from a country in which the user was not seen recently.

use crate::{
    domain::{
        alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
        history::CountryCode,
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    learning::learning_reason,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "NEW_COUNTRY", version: 1, evaluate };

/// Maximum number of known countries in the evidence.
const MAX_KNOWN_VALUES: usize = 10;

fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(country) = context.country() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownCountry) };
    if let Some(reason) = learning_reason(history, settings.learning, now) {
        return RuleOutcome::NotEvaluated(reason);
    }
    if history.countries.is_empty() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::NoHistory);
    }
    if history.countries.contains(country) {
        return RuleOutcome::NoMatch;
    }
    let known: Vec<_> = history.countries.iter().take(MAX_KNOWN_VALUES).map(|seen| country_text(seen.value)).collect();
    let country = country_text(country);
    let severity = if context.has_new_device() { Severity::Medium } else { Severity::Low };
    RuleOutcome::Match(Box::new(RuleMatch {
        severity,
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login from {country}; the last {} logins were from {}.",
            history.logins,
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
    use crate::detection::samples::{SampleLogin, expect_match, history_of_logins, iphone, laptop};

    #[test]
    fn what_a_country_means() {
        let cases = [
            ("an unseen country", SampleLogin::in_country("BR"), Ok(Some(Severity::Low))),
            ("on an unseen device", SampleLogin::in_country("BR").on_device(iphone()), Ok(Some(Severity::Medium))),
            ("a seen country", SampleLogin::in_country("DE"), Ok(None)),
            ("no country", SampleLogin::in_country(""), Err(NotEvaluatedReason::UnknownCountry)),
            ("too few logins", SampleLogin::in_country("BR").after_logins(3), Err(NotEvaluatedReason::Learning)),
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
    fn no_country_is_new_to_a_user_who_was_never_located() {
        let nowhere = history_of_logins("", &laptop(), 10);
        let login = SampleLogin { history: nowhere, ..SampleLogin::in_country("BR") };
        assert_eq!(login.evaluate_with(evaluate), Err(NotEvaluatedReason::NoHistory));
    }
}
