//! A few passwords tried on several users from one network, slowly enough that no account is locked.

use std::ops::RangeInclusive;

use crate::domain::{
    UnixMillis,
    alert::{AlertAction, Severity},
    failures::{FailureRecord, FailureSubject},
};

use super::{
    FailureContext, FailureSettings,
    credential_stuffing::NetworkFailures,
    network_text,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec =
    FailureRuleSpec { name: "PASSWORD_SPRAY", version: 1, subjects: &[FailureSubject::Network], slot: 1, evaluate };

/// Brute Force: Password Spraying. <https://attack.mitre.org/techniques/T1110/003/>
const PASSWORD_SPRAYING: &str = "T1110.003";
/// The numbers of attempts on a user that indicate a spray.
const ATTEMPTS_PER_USER: RangeInclusive<u32> = 2..=6;
/// The share of users with so many attempts, in percent.
const MIN_SHARE: u32 = 60;

/// Returns whether the failures of a network are those of a password spray.
pub(in crate::detection) fn is_spray(record: &FailureRecord, settings: &FailureSettings, now: UnixMillis) -> bool {
    matches_spray(&NetworkFailures::within(record, settings, now), settings)
}

fn matches_spray(found: &NetworkFailures, settings: &FailureSettings) -> bool {
    let sprayed = found.per_user.iter().filter(|attempts| ATTEMPTS_PER_USER.contains(attempts)).count();
    let sprayed = u32::try_from(sprayed).unwrap_or(u32::MAX);
    let span = found.last.zip(found.first).map(|(last, first)| last.since(first)).unwrap_or_default();
    found.failures >= settings.spray_failures
        && found.users() >= settings.spray_users
        && sprayed.saturating_mul(100) >= found.users().saturating_mul(MIN_SHARE)
        && span >= settings.spray_min_span
}

fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, .. } = *context;
    let found = NetworkFailures::within(record, settings, now);
    matches_spray(&found, settings).then(|| FailureMatch {
        severity: Severity::Medium,
        action: AlertAction::Throttle,
        evidence: found.evidence(settings.spray_failures, settings),
        reason_admin: format!(
            "At least {} failed attempts on {} users from {} within {} min, most users tried {} to {} times.",
            found.failures,
            found.users(),
            network_text(failure),
            settings.window.as_secs() / 60,
            ATTEMPTS_PER_USER.start(),
            ATTEMPTS_PER_USER.end()
        ),
        reason_user: String::new(),
        mitre_techniques: &[PASSWORD_SPRAYING],
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::detection::failures::samples::SampleFailures;

    #[test]
    fn sprays() {
        let from = SampleFailures::from_network;
        let slowly = Duration::from_secs(25);
        let cases = [
            ("three attempts on each of five", from(15, 5, slowly), true),
            ("six attempts on each of five", from(30, 5, slowly), true),
            ("seven attempts on each of five", from(35, 5, slowly), false),
            ("14 failures", from(14, 5, slowly), false),
            ("four users", from(16, 4, slowly), false),
            ("one attempt on each of many", from(20, 20, slowly), false),
            ("within five minutes", from(15, 5, Duration::from_secs(21)), false),
            ("over five minutes", from(15, 5, Duration::from_secs(22)), true),
            ("over more than the window", from(15, 5, Duration::from_secs(65)), false),
        ];
        for (name, failures, expected) in cases {
            let found = failures.evaluate_with(evaluate);
            assert_eq!(found.is_some(), expected, "{name}");
            assert!(found.is_none_or(|found| found.severity == Severity::Medium), "{name}");
        }
    }
}
