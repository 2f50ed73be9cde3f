//! Many users who sign in from one network in which none of them was known: stolen passwords that work.

use std::collections::BTreeSet;

use crate::domain::{
    AuthEventKind,
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::FailureSubject,
};

use super::{
    FailureContext, network_text,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec = FailureRuleSpec {
    name: "MASS_SIGN_IN",
    version: 1,
    subjects: &[FailureSubject::NetworkNewcomers],
    slot: 0,
    evaluate,
};

/// Valid Accounts, and Brute Force: Credential Stuffing. <https://attack.mitre.org/techniques/T1078/>
const TECHNIQUES: &[&str] = &["T1078", "T1110.004"];

/// Matches a sign-in if it is one of those of many users. The record has only users who were known neither in the
/// network nor on the device.
fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, .. } = *context;
    let window = settings.mass_sign_in_window;
    let sign_ins = || record.within(window, now).filter(|entry| entry.kind == AuthEventKind::SignedIn);
    let users: BTreeSet<_> = sign_ins().map(|entry| entry.peer).collect();
    let (users, threshold) = (u32::try_from(users.len()).unwrap_or(u32::MAX), settings.mass_sign_in_users);
    (users >= threshold).then(|| FailureMatch {
        severity: Severity::High,
        action: AlertAction::Throttle,
        evidence: VolumeEvidence {
            count: u64::try_from(sign_ins().count()).unwrap_or(u64::MAX),
            threshold: threshold.into(),
            window,
            distinct_users: users,
            distinct_networks: 1,
            distinct_devices: 0,
        },
        reason_admin: format!(
            "At least {users} users signed in from {} within {} min; none of them was known there, alert threshold \
             {threshold}.",
            network_text(failure),
            window.as_secs() / 60
        ),
        reason_user: String::new(),
        mitre_techniques: TECHNIQUES,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::detection::failures::samples::SampleFailures;

    fn newcomers(sign_ins: u32, users: u32, apart: Duration) -> SampleFailures {
        SampleFailures::of_user(AuthEventKind::SignedIn, sign_ins, apart).across_peers(users)
    }

    #[test]
    fn sign_ins_of_newcomers() {
        let second = Duration::from_secs(1);
        let mut fewer = newcomers(5, 5, second);
        fewer.settings.mass_sign_in_users = 5;
        let mut shorter = newcomers(10, 10, Duration::from_mins(1));
        shorter.settings.mass_sign_in_window = Duration::from_mins(5);
        let failures = SampleFailures::from_network(30, 30, second);
        let cases = [
            ("ten users", newcomers(10, 10, second), true),
            ("nine users", newcomers(9, 9, second), false),
            ("nine users, again and again", newcomers(40, 9, second), false),
            ("five users with a lower threshold", fewer, true),
            ("at the edge of the window", newcomers(10, 10, Duration::from_secs(99)), true),
            ("over a longer time", newcomers(10, 10, Duration::from_secs(100)), false),
            ("in a shorter window", shorter, false),
            ("failures", failures, false),
        ];
        for (name, sign_ins, expected) in cases {
            let found = sign_ins.evaluate_with(evaluate);
            assert_eq!(found.is_some(), expected, "{name}");
            assert!(found.is_none_or(|found| found.severity == Severity::High), "{name}");
        }
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = newcomers(24, 12, Duration::from_secs(1)).evaluate_with(evaluate).expect("a match");
        assert_eq!((found.evidence.count, found.evidence.distinct_users), (24, 12));
        assert!(found.reason_admin.contains("203.0.113.9"), "{}", found.reason_admin);
    }
}
