//! A login from a country that the user was not seen in lately.

use crate::{
    domain::{
        alert::{AlertAction, Detail, Novelty, NoveltyKind, Severity},
        history::CountryCode,
    },
    store::Trigger,
};

use super::{
    LoginContext, Outcome, Reason,
    found::{Found, VALID_ACCOUNTS},
    learning::not_learned,
};

/// Values that are told as known.
const KNOWN: usize = 10;

pub(super) fn judge(context: &LoginContext<'_>) -> Outcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(country) = context.country() else { return Outcome::NotEvaluated(Reason::UnknownCountry) };
    if let Some(reason) = not_learned(history, settings.learning, now) {
        return Outcome::NotEvaluated(reason);
    }
    if history.countries.is_empty() {
        return Outcome::NotEvaluated(Reason::NothingToCompare);
    }
    if history.countries.knows(country) {
        return Outcome::Quiet;
    }
    let known: Vec<_> = history.countries.iter().take(KNOWN).map(|seen| text(seen.value)).collect();
    let country = text(country);
    let severity = if context.has_new_device() { Severity::Medium } else { Severity::Low };
    Outcome::Found(Box::new(Found {
        severity,
        action: AlertAction::Notify,
        raised_by: Trigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login from {country}; in {} remembered logins the user was seen in {}.",
            history.logins,
            known.join(", ")
        ),
        reason_user: format!("New sign-in from {}{}", context.country_name(), context.on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: format!("{country}:{}", context.device_key()),
        detail: Detail::Novelty(Novelty {
            kind: NoveltyKind::Country,
            value: country,
            known_values: known,
            known_logins: history.logins,
            previous_login_at: history.last_login,
        }),
    }))
}

pub(super) fn text(country: CountryCode) -> String {
    String::from_utf8_lossy(&country).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::samples::{Login, found, iphone, laptop, settled};

    #[test]
    fn what_a_country_means() {
        let cases = [
            ("an unseen country", Login::in_country("BR"), Ok(Some(Severity::Low))),
            ("on an unseen device", Login::in_country("BR").on(iphone()), Ok(Some(Severity::Medium))),
            ("a seen country", Login::in_country("DE"), Ok(None)),
            ("no country", Login::in_country(""), Err(Reason::UnknownCountry)),
            ("too few logins", Login::in_country("BR").after(3), Err(Reason::Learning)),
            ("the first login", Login::in_country("BR").after(0), Err(Reason::NothingToCompare)),
        ];
        for (name, login, expected) in cases {
            let severity = login.judged(judge).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = found(&Login::in_country("BR").on(iphone()), judge);
        assert_eq!(found.reason_user, "New sign-in from Brazil on Safari on iPhone");
        assert_eq!(found.reason_admin, "Login from BR; in 10 remembered logins the user was seen in DE.");
        assert!(found.dedup_subject.starts_with("BR:"), "{}", found.dedup_subject);
        assert_eq!(found.action, AlertAction::Notify);
        let Detail::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!((novelty.value.as_str(), novelty.known_logins), ("BR", 10));
        assert_eq!(novelty.known_values, ["DE"]);
        let previous = found.previous.expect("the login before");
        assert_eq!((previous.location.country.as_str(), Some(previous.at)), ("DE", novelty.previous_login_at));
    }

    #[test]
    fn users_who_were_never_located_are_not_told_that_everywhere_is_new() {
        let nowhere = settled("", &laptop(), 10);
        let login = Login { history: nowhere, ..Login::in_country("BR") };
        assert_eq!(login.judged(judge), Err(Reason::NothingToCompare));
    }
}
