//! Many users tried from one network, each once or twice: stolen pairs of names and passwords.

use std::collections::BTreeMap;

use crate::domain::{
    UnixMillis,
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::{FailureRecord, FailureSubject},
};

use super::{
    FailureContext, FailureSettings, network_text,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec = FailureRuleSpec {
    name: "CREDENTIAL_STUFFING",
    version: 1,
    subjects: &[FailureSubject::Network],
    slot: 0,
    evaluate,
};

/// Brute Force: Credential Stuffing. <https://attack.mitre.org/techniques/T1110/004/>
const CREDENTIAL_STUFFING: &str = "T1110.004";
/// The largest number of attempts on a user who is one of many in a list.
const MAX_ATTEMPTS_PER_USER: u32 = 2;

/// The failures from a network within a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NetworkFailures {
    pub failures: u32,
    /// The number of failures of each user.
    pub per_user: Vec<u32>,
    pub first: Option<UnixMillis>,
    pub last: Option<UnixMillis>,
}

impl NetworkFailures {
    pub(super) fn within(record: &FailureRecord, settings: &FailureSettings, now: UnixMillis) -> Self {
        let mut users: BTreeMap<_, u32> = BTreeMap::new();
        let mut found = Self::default();
        for failure in record.within(settings.window, now) {
            found.failures = found.failures.saturating_add(1);
            *users.entry(failure.peer).or_default() += 1;
            found.first = Some(found.first.map_or(failure.at, |first| first.min(failure.at)));
            found.last = found.last.max(Some(failure.at));
        }
        found.per_user = users.into_values().collect();
        found
    }

    pub(super) fn users(&self) -> u32 {
        u32::try_from(self.per_user.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn evidence(&self, threshold: u32, settings: &FailureSettings) -> VolumeEvidence {
        VolumeEvidence {
            count: self.failures.into(),
            threshold: threshold.into(),
            window: settings.window,
            distinct_users: self.users(),
            distinct_networks: 1,
            distinct_devices: 0,
        }
    }
}

/// Returns whether the failures of a network are those of credential stuffing.
pub(in crate::detection) fn is_stuffing(record: &FailureRecord, settings: &FailureSettings, now: UnixMillis) -> bool {
    matches_stuffing(&NetworkFailures::within(record, settings, now), settings)
}

fn matches_stuffing(found: &NetworkFailures, settings: &FailureSettings) -> bool {
    found.failures >= settings.stuffing_failures
        && found.users() >= settings.stuffing_users
        && found.per_user.iter().all(|attempts| *attempts <= MAX_ATTEMPTS_PER_USER)
}

fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, .. } = *context;
    let found = NetworkFailures::within(record, settings, now);
    matches_stuffing(&found, settings).then(|| FailureMatch {
        severity: Severity::High,
        action: AlertAction::Throttle,
        evidence: found.evidence(settings.stuffing_failures, settings),
        reason_admin: format!(
            "At least {} failed attempts on {} users from {} within {} min, at most {MAX_ATTEMPTS_PER_USER} on each.",
            found.failures,
            found.users(),
            network_text(failure),
            settings.window.as_secs() / 60
        ),
        reason_user: String::new(),
        mitre_techniques: &[CREDENTIAL_STUFFING],
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::detection::failures::samples::SampleFailures;

    #[test]
    fn lists_of_users() {
        let from = SampleFailures::from_network;
        let second = Duration::from_secs(1);
        let cases = [
            ("25 users once", from(25, 25, second), true),
            ("15 users, at most twice", from(30, 15, second), true),
            ("24 failures", from(24, 24, second), false),
            ("14 users", from(28, 14, second), false),
            ("three attempts on some", from(40, 15, second), false),
            ("at the edge of the window", from(25, 25, Duration::from_secs(37)), true),
            ("over a longer time", from(25, 25, Duration::from_secs(38)), false),
        ];
        for (name, failures, expected) in cases {
            let found = failures.evaluate_with(evaluate);
            assert_eq!(found.is_some(), expected, "{name}");
            assert!(found.is_none_or(|found| found.severity == Severity::High), "{name}");
        }
    }
}
