//! Many prompts to one user that were not accepted.

use crate::domain::{
    AuthEventKind, UnixMillis,
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::{FailureRecord, FailureSubject},
};

use super::{
    FailureContext, FailureSettings,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec =
    FailureRuleSpec { name: "MFA_FATIGUE", version: 1, subjects: &[FailureSubject::User], slot: 0, evaluate };

/// The kinds of a prompt that was not accepted.
const UNANSWERED_PROMPTS: [AuthEventKind; 2] = [AuthEventKind::MfaDenied, AuthEventKind::MfaExpired];

/// Multi-Factor Authentication Request Generation. <https://attack.mitre.org/techniques/T1621/>
pub(in crate::detection) const MFA_REQUEST_GENERATION: &str = "T1621";

/// Returns the number of prompts within the window that were not accepted.
pub(in crate::detection) fn unanswered_prompts(
    record: &FailureRecord,
    settings: &FailureSettings,
    now: UnixMillis,
) -> u32 {
    let prompts = record.within(settings.mfa_window, now).filter(|failure| UNANSWERED_PROMPTS.contains(&failure.kind));
    u32::try_from(prompts.count()).unwrap_or(u32::MAX)
}

/// Matches a prompt that was not accepted, if it is one of many.
fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, .. } = *context;
    if !UNANSWERED_PROMPTS.contains(&failure.kind) {
        return None;
    }
    let count = unanswered_prompts(record, settings, now);
    let threshold = settings.mfa_prompts;
    let minutes = settings.mfa_window.as_secs() / 60;
    (count >= threshold).then(|| FailureMatch {
        severity: Severity::Medium,
        action: AlertAction::Notify,
        evidence: VolumeEvidence {
            count: count.into(),
            threshold: threshold.into(),
            window: settings.mfa_window,
            distinct_users: 1,
            distinct_networks: 0,
            distinct_devices: 0,
        },
        reason_admin: format!(
            "{count} MFA prompts were denied or expired within {minutes} min, alert threshold {threshold}."
        ),
        reason_user: format!(
            "{count} sign-in prompts were not accepted within {minutes} minutes; if you did not cause them, change your \
             password"
        ),
        mitre_techniques: &[MFA_REQUEST_GENERATION],
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::detection::failures::samples::SampleFailures;

    #[test]
    fn prompts() {
        use AuthEventKind::{MfaDenied, MfaExpired, MfaFailed, PasswordFailed};
        let of = SampleFailures::of_user;
        let minute = Duration::from_mins(1);
        let mixed = of(MfaDenied, 3, minute).followed_by(MfaExpired, 2, minute);
        let then_password = of(MfaDenied, 5, minute).followed_by(PasswordFailed, 1, minute);
        let cases = [
            ("five denials", of(MfaDenied, 5, minute), true),
            ("four denials", of(MfaDenied, 4, minute), false),
            ("denied and expired ones", mixed, true),
            ("wrong codes", of(MfaFailed, 9, minute), false),
            ("the first of five at the edge of the window", of(MfaDenied, 5, Duration::from_secs(149)), true),
            ("the first of five just outside of it", of(MfaDenied, 5, Duration::from_secs(150)), false),
            ("a wrong password after them", then_password, false),
        ];
        for (name, failures, expected) in cases {
            let found = failures.evaluate_with(evaluate);
            assert_eq!(found.is_some(), expected, "{name}");
            assert!(found.is_none_or(|found| found.severity == Severity::Medium), "{name}");
        }
    }
}
