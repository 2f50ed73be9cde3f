//! A login after many prompts that were not accepted.

use crate::{
    domain::alert::{AlertAction, AlertEvidence, Severity, VolumeEvidence},
    store::FindingTrigger,
};

use super::{
    LoginContext, RuleOutcome,
    failures::{MFA_REQUEST_GENERATION, unanswered_prompts},
    rule::RuleSpec,
    rule_match::RuleMatch,
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "MFA_FATIGUE_SUCCESS", version: 1, evaluate };

/// Matches the login of a user who gave in: one of many prompts was accepted at last.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let settings = &context.settings.failures;
    let count = unanswered_prompts(&context.failures.user, settings, context.now);
    if count < settings.mfa_prompts {
        return RuleOutcome::NoMatch;
    }
    let minutes = settings.mfa_window.as_secs() / 60;
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: Severity::Critical,
        action: AlertAction::RevokeSession,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!("Login after {count} MFA prompts that were denied or expired within {minutes} min."),
        reason_user: format!(
            "New sign-in{} after {count} prompts that were not accepted; if you did not mean to accept it, sign out this \
             device and change your password",
            context.on_device()
        ),
        mitre_techniques: &[MFA_REQUEST_GENERATION],
        dedup_subject: context.session.id.to_string(),
        detail: AlertEvidence::Volume(VolumeEvidence {
            count: count.into(),
            threshold: settings.mfa_prompts.into(),
            window: settings.mfa_window,
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
        detection::{failures::samples::SampleFailures, samples::SampleLogin},
        domain::AuthEventKind,
    };

    fn login_after(kind: AuthEventKind, count: u32, apart: Duration) -> SampleLogin {
        let mut login = SampleLogin::in_country("DE");
        login.failures.user = SampleFailures::of_user(kind, count, apart).record;
        login
    }

    #[test]
    fn logins_after_prompts() {
        let minute = Duration::from_mins(1);
        let cases = [
            ("five denials", login_after(AuthEventKind::MfaDenied, 5, minute), true),
            ("five that expired", login_after(AuthEventKind::MfaExpired, 5, minute), true),
            ("four", login_after(AuthEventKind::MfaDenied, 4, minute), false),
            ("five, too long ago", login_after(AuthEventKind::MfaDenied, 5, minute * 3), false),
            ("wrong passwords", login_after(AuthEventKind::PasswordFailed, 9, minute), false),
            ("none", SampleLogin::in_country("DE"), false),
        ];
        for (name, login, expected) in cases {
            let found = login.evaluate_with(evaluate).expect("evaluated");
            assert_eq!(found.is_some(), expected, "{name}");
            let is_critical = |found: RuleMatch| found.severity == Severity::Critical;
            assert!(found.is_none_or(is_critical), "{name}");
        }
    }
}
