//! A login at an hour of the day at which the user does not sign in.

use crate::{
    domain::{
        alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
        history::LoginHours,
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "UNUSUAL_HOUR", version: 1, evaluate };

/// Matches an hour in which, as in the hours before and after it, the user has not signed in. Alone it only informs: it
/// is more severe together with a new device or a new country.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, .. } = *context;
    if history.first_login.is_none() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::NoHistory);
    }
    let known = history.hours.total();
    if known < settings.unusual_hour_min_logins || history.is_dormant(now) {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::Learning);
    }
    let hour = LoginHours::hour_of_day(now);
    if history.hours.logins_around(hour) > 0 {
        return RuleOutcome::NoMatch;
    }
    let is_severe = context.has_new_device() || context.has_new_country();
    let text = hour_text(hour);
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: if is_severe { Severity::Low } else { Severity::Info },
        action: if is_severe { AlertAction::Notify } else { AlertAction::None },
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!("Login at {text} UTC; none of {known} earlier logins was within an hour of it."),
        reason_user: if is_severe {
            format!("New sign-in{} at an unusual time", context.on_device())
        } else {
            String::new()
        },
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: context.device_key(),
        detail: AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::Hour,
            value: text,
            known_values: usual_hours(&history.hours),
            known_logins: known,
            previous_login_at: history.last_login,
        }),
    }))
}

/// Returns the ten hours with most logins, most frequent first.
fn usual_hours(hours: &LoginHours) -> Vec<String> {
    let mut counted: Vec<_> = hours.counts().iter().enumerate().filter(|(_, count)| **count > 0).collect();
    counted.sort_by_key(|(hour, count)| (u8::MAX - **count, *hour));
    counted.into_iter().take(10).map(|(hour, _)| hour_text(hour)).collect()
}

fn hour_text(hour: usize) -> String {
    format!("{hour:02}:00")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::samples::{NOW, SampleLogin, expect_match, iphone};

    /// Returns a login at 22 h after 20 logins at the given hours.
    fn login_after(hours: &[usize]) -> SampleLogin {
        assert_eq!(LoginHours::hour_of_day(NOW), 22);
        let mut counts = [0; 24];
        for hour in hours.iter().cycle().take(20) {
            counts[*hour] += 1;
        }
        let mut login = SampleLogin::in_country("DE");
        login.history.hours = LoginHours::new(counts);
        login
    }

    #[test]
    fn hours() {
        let mut few = login_after(&[9]);
        few.settings.unusual_hour_min_logins = 21;
        let mut enough = login_after(&[9]);
        enough.history.hours =
            LoginHours::new([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut lower = enough.clone();
        lower.settings.unusual_hour_min_logins = 5;
        let mut dormant = login_after(&[9]);
        dormant.history.last_login = Some(NOW.minus(std::time::Duration::from_hours(91 * 24)));
        let abroad = SampleLogin { history: login_after(&[9]).history, ..SampleLogin::in_country("BR") };
        let cases = vec![
            ("far from all", login_after(&[9, 12]), Ok(Some(Severity::Info))),
            ("the same hour", login_after(&[22]), Ok(None)),
            ("an hour before", login_after(&[9, 21]), Ok(None)),
            ("an hour after", login_after(&[9, 23]), Ok(None)),
            ("two hours away", login_after(&[20, 0]), Ok(Some(Severity::Info))),
            ("on a new device", login_after(&[9]).on_device(iphone()), Ok(Some(Severity::Low))),
            ("in a new country", abroad, Ok(Some(Severity::Low))),
            ("too few logins", few, Err(NotEvaluatedReason::Learning)),
            ("five logins", enough, Err(NotEvaluatedReason::Learning)),
            ("five logins are enough", lower, Ok(Some(Severity::Info))),
            ("a user who was absent", dormant, Err(NotEvaluatedReason::Learning)),
            ("the first login", SampleLogin::in_country("DE").after_logins(0), Err(NotEvaluatedReason::NoHistory)),
        ];
        for (name, login, expected) in cases {
            let severity = login.evaluate_with(evaluate).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = expect_match(&login_after(&[9, 9, 12]), evaluate);
        assert_eq!(found.reason_user, "", "nothing that a user must know");
        assert_eq!(found.reason_admin, "Login at 22:00 UTC; none of 20 earlier logins was within an hour of it.");
        let AlertEvidence::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!(
            (novelty.value.as_str(), novelty.known_values),
            ("22:00", vec!["09:00".to_owned(), "12:00".to_owned()])
        );
    }
}
