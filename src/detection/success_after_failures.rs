//! A login after failures that look like an attack.

use crate::{
    domain::alert::{AlertAction, AlertEvidence, Severity, VolumeEvidence},
    store::FindingTrigger,
};

use super::{
    LoginContext, RuleOutcome,
    failures::{PASSWORD_GUESSING, guesses, is_spray, is_stuffing},
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "SUCCESS_AFTER_FAILURES", version: 1, evaluate };

/// Matches a login from a network that tries many users, and a login after many guesses at the user's password, unless
/// the user is known on the device or in the network.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let (settings, failures, now) = (&context.settings.failures, context.failures, context.now);
    if context.is_familiar() {
        return RuleOutcome::NoMatch;
    }
    let tried = u32::try_from(guesses(&failures.user, settings, now).count()).unwrap_or(u32::MAX);
    let from_network = u32::try_from(failures.network.within(settings.window, now).count()).unwrap_or(u32::MAX);
    let is_attacking = is_stuffing(&failures.network, settings, now) || is_spray(&failures.network, settings, now);
    let (count, threshold, what) = if is_attacking {
        (from_network, settings.spray_failures.min(settings.stuffing_failures), "of several users from its network")
    } else if tried >= settings.brute_force_failures {
        (tried, settings.brute_force_failures, "of the user")
    } else {
        return RuleOutcome::NoMatch;
    };
    let minutes = settings.window.as_secs() / 60;
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: Severity::High,
        action: AlertAction::StepUp,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!("Login in an unknown place after at least {count} failures {what} within {minutes} min."),
        reason_user: format!("New sign-in{} after many failed attempts", context.on_device()),
        mitre_techniques: &[PASSWORD_GUESSING, VALID_ACCOUNTS],
        dedup_subject: format!("{}:{}", context.device_key(), context.network_key()),
        detail: AlertEvidence::Volume(VolumeEvidence {
            count: count.into(),
            threshold: threshold.into(),
            window: settings.window,
            distinct_users: 1,
            distinct_networks: 0,
            distinct_devices: 0,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        detection::{
            failures::samples::SampleFailures,
            samples::{SampleLogin, laptop},
        },
        domain::{AuthEventKind, Device},
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn after_guesses(count: u32, apart: Duration) -> SampleLogin {
        let mut login = SampleLogin::in_country("DE");
        login.failures.user = SampleFailures::of_user(AuthEventKind::PasswordFailed, count, apart).record;
        login
    }

    fn from_attacking_network(failures: u32, users: u32, apart: Duration) -> SampleLogin {
        let mut login = SampleLogin::in_country("DE");
        login.failures.network = SampleFailures::from_network(failures, users, apart).record;
        login
    }

    #[test]
    fn logins_after_failures() {
        let known_device = Device { named_by_caller: true, ..laptop() };
        let slowly = Duration::from_secs(30);
        let cases = vec![
            ("ten guesses", after_guesses(10, SECOND), true),
            ("nine", after_guesses(9, SECOND), false),
            ("ten over a longer time", after_guesses(10, Duration::from_mins(2)), false),
            ("on a device that the caller knows", after_guesses(10, SECOND).on_device(known_device.clone()), false),
            ("from a network that stuffs credentials", from_attacking_network(30, 30, SECOND), true),
            ("from one that sprays passwords", from_attacking_network(20, 5, slowly), true),
            ("from one with a few failures", from_attacking_network(10, 5, slowly), false),
            (
                "from one that attacks, on a device that the caller knows",
                from_attacking_network(30, 30, SECOND).on_device(known_device),
                false,
            ),
            ("without failures", SampleLogin::in_country("DE"), false),
        ];
        for (name, login, expected) in cases {
            let found = login.evaluate_with(evaluate).expect("evaluated");
            assert_eq!(found.is_some(), expected, "{name}");
            let is_high = |found: RuleMatch| found.severity == Severity::High;
            assert!(found.is_none_or(is_high), "{name}");
        }
    }
}
