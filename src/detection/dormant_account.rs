//! A login to an account that was not used for a long time.

use std::time::Duration;

use crate::{
    domain::alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "DORMANT_ACCOUNT", version: 1, evaluate };

const DAY: Duration = Duration::from_hours(24);

/// Matches the first login after the time of `detection.dormant_after` without one.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(latest) = history.latest_login() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::NoHistory) };
    let absence = now.since(latest);
    if absence < settings.dormant_after {
        return RuleOutcome::NoMatch;
    }
    let days = absence.as_secs() / DAY.as_secs();
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: Severity::Low,
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "First login after {days} days, alert threshold {} days.",
            settings.dormant_after.as_secs() / DAY.as_secs()
        ),
        reason_user: format!("First sign-in{} after {days} days", context.on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: context.device_key(),
        detail: AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::AccountUse,
            value: format!("{days} days"),
            known_values: Vec::new(),
            known_logins: history.logins,
            previous_login_at: Some(latest),
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::{NOW, SampleLogin, expect_match, history_of_logins, laptop},
        domain::Location,
    };

    /// Returns a login so long after the one before.
    fn login_after(absence: Duration) -> SampleLogin {
        let mut login = SampleLogin::in_country("DE");
        login.history.last_login = Some(NOW.minus(absence));
        login
    }

    #[test]
    fn absences() {
        let almost = (DAY * 90).saturating_sub(Duration::from_millis(1));
        let mut sooner = login_after(DAY * 31);
        sooner.settings.dormant_after = DAY * 30;
        let cases = [
            ("90 days", login_after(DAY * 90), Ok(true)),
            ("a moment less", login_after(almost), Ok(false)),
            ("a year", login_after(DAY * 365), Ok(true)),
            ("an hour", login_after(Duration::from_hours(1)), Ok(false)),
            ("31 days", login_after(DAY * 31), Ok(false)),
            ("31 days, with a limit of 30", sooner, Ok(true)),
            ("the first login", SampleLogin::in_country("DE").after_logins(0), Err(NotEvaluatedReason::NoHistory)),
        ];
        for (name, login, expected) in cases {
            assert_eq!(login.evaluate_with(evaluate).map(|found| found.is_some()), expected, "{name}");
        }
    }

    #[test]
    fn a_flagged_login_ends_the_absence() {
        let mut login = login_after(DAY * 100);
        login.history =
            login.history.with_unconfirmed(NOW.minus(Duration::from_hours(2)), &Location::default(), [7; 8], [7; 8]);
        assert_eq!(login.evaluate_with(evaluate), Ok(None));
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = expect_match(&login_after(DAY * 100), evaluate);
        assert_eq!(found.reason_user, "First sign-in on Firefox on Linux after 100 days");
        let AlertEvidence::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!((novelty.kind, novelty.previous_login_at), (NoveltyKind::AccountUse, Some(NOW.minus(DAY * 100))));
        let logins = history_of_logins("DE", &laptop(), 10).logins;
        assert_eq!((novelty.known_logins, found.severity), (logins, Severity::Low));
    }
}
