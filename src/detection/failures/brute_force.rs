//! Many failures of one user.

use std::collections::BTreeSet;

use crate::domain::{
    AuthEventKind, UnixMillis,
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::{Failure, FailureRecord, FailureSubject},
};

use super::{
    FailureContext, FailureSettings,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec =
    FailureRuleSpec { name: "BRUTE_FORCE", version: 1, subjects: &[FailureSubject::User], slot: 1, evaluate };

/// Brute Force: Password Guessing. <https://attack.mitre.org/techniques/T1110/001/>
pub(in crate::detection) const PASSWORD_GUESSING: &str = "T1110.001";

/// Matches a guess at a password or a code, if it is one of many, from one network or from several. A user who does not
/// exist cannot be broken into.
fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, .. } = *context;
    if failure.kind == AuthEventKind::UnknownUser || !is_guess(failure.kind) {
        return None;
    }
    let guesses: Vec<_> = guesses(record, settings, now).collect();
    let count = u32::try_from(guesses.len()).unwrap_or(u32::MAX);
    let networks: BTreeSet<_> = guesses.iter().map(|failure| failure.peer).filter(|peer| *peer != [0; 4]).collect();
    let networks = u32::try_from(networks.len()).unwrap_or(u32::MAX);
    let (threshold, minutes) = (settings.brute_force_failures, settings.window.as_secs() / 60);
    (count >= threshold).then(|| FailureMatch {
        severity: Severity::Medium,
        action: AlertAction::Throttle,
        evidence: VolumeEvidence {
            count: count.into(),
            threshold: threshold.into(),
            window: settings.window,
            distinct_users: 1,
            distinct_networks: networks,
            distinct_devices: 0,
        },
        reason_admin: format!(
            "At least {count} failed attempts from {networks} {} within {minutes} min, alert threshold {threshold}.",
            if networks == 1 { "network" } else { "networks" }
        ),
        reason_user: format!("{count} attempts to sign in to your account failed within {minutes} minutes"),
        mitre_techniques: &[PASSWORD_GUESSING],
    })
}

/// Returns the guesses within the window.
pub(in crate::detection) fn guesses(
    record: &FailureRecord,
    settings: &FailureSettings,
    now: UnixMillis,
) -> impl Iterator<Item = Failure> {
    record.within(settings.window, now).filter(|failure| is_guess(failure.kind)).copied()
}

const fn is_guess(kind: AuthEventKind) -> bool {
    matches!(kind, AuthEventKind::PasswordFailed | AuthEventKind::MfaFailed | AuthEventKind::LockedOut)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::detection::failures::samples::SampleFailures;

    #[test]
    fn guesses() {
        use AuthEventKind::{LockedOut, MfaDenied, MfaFailed, PasswordFailed, UnknownUser};
        let of = SampleFailures::of_user;
        let second = Duration::from_secs(1);
        let cases = [
            ("ten wrong passwords", of(PasswordFailed, 10, second), true),
            ("nine", of(PasswordFailed, 9, second), false),
            ("passwords and codes", of(PasswordFailed, 5, second).followed_by(MfaFailed, 5, second), true),
            ("also on a locked account", of(PasswordFailed, 5, second).followed_by(LockedOut, 5, second), true),
            ("denied prompts", of(MfaDenied, 20, second), false),
            ("a user who does not exist", of(UnknownUser, 20, second), false),
            ("ten at the edge of the window", of(PasswordFailed, 10, Duration::from_secs(99)), true),
            ("ten over a longer time", of(PasswordFailed, 10, Duration::from_secs(100)), false),
        ];
        for (name, failures, expected) in cases {
            assert_eq!(failures.evaluate_with(evaluate).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn the_networks_are_counted() {
        let failures =
            SampleFailures::of_user(AuthEventKind::PasswordFailed, 10, Duration::from_secs(1)).across_peers(5);
        let found = failures.evaluate_with(evaluate).expect("a match");
        assert_eq!((found.evidence.count, found.evidence.distinct_networks), (10, 5));
    }
}
