//! A login that evicts other sessions.

use std::time::Duration;

use crate::{
    domain::{
        LimitAction,
        alert::{AlertAction, AlertEvidence, Severity, VolumeEvidence},
    },
    store::FindingTrigger,
};

use super::{LoginContext, RuleOutcome, rule::RuleSpec, rule_match::RuleMatch};

pub(super) const RULE: RuleSpec = RuleSpec { name: "SESSION_LIMIT", version: 1, evaluate };

/// Matches in case the login evicts a session. The store decides about the eviction together with the login itself.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    if context.on_limit == LimitAction::Refuse || !context.may_evict {
        return RuleOutcome::NoMatch;
    }
    let limit = context.limit;
    let allowed = if limit == 1 { "1 session is".to_owned() } else { format!("{limit} sessions are") };
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: Severity::Low,
        action: AlertAction::None,
        raised_by: FindingTrigger::Eviction,
        // The store fills in the evicted session and the count.
        previous: None,
        reason_admin: format!(
            "Login exceeded the limit of {limit} sessions; the least recently active session was evicted."
        ),
        reason_user: format!(
            "A new sign-in{} ended an older session: {allowed} allowed at a time",
            context.on_device()
        ),
        mitre_techniques: &[],
        dedup_subject: format!("{limit}:{}", context.device_key()),
        detail: AlertEvidence::Volume(VolumeEvidence {
            count: 0,
            threshold: 1,
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
    use crate::detection::samples::{SampleLogin, expect_match};

    #[test]
    fn it_waits_for_an_eviction_whatever_is_known_of_the_user() {
        for login in [SampleLogin::in_country("DE"), SampleLogin::in_country("").after_logins(0)] {
            let found = expect_match(&login, evaluate);
            assert_eq!((found.raised_by, found.severity), (FindingTrigger::Eviction, Severity::Low));
            assert!(found.reason_admin.contains("limit of 5"), "{}", found.reason_admin);
        }
    }

    #[test]
    fn a_login_that_leaves_a_place_free_evicts_nobody() {
        let login = SampleLogin { may_evict: false, ..SampleLogin::in_country("DE") };
        assert_eq!(login.evaluate_with(evaluate), Ok(None));
    }

    #[test]
    fn who_is_refused_evicts_nobody() {
        let login = SampleLogin { on_limit: LimitAction::Refuse, ..SampleLogin::in_country("DE") };
        assert_eq!(login.evaluate_with(evaluate), Ok(None));
    }
}
