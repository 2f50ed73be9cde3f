//! Many new sessions on many devices in a short time.

use std::time::Duration;

use crate::{
    domain::{
        Session,
        alert::{AlertAction, AlertEvidence, ClientObservation, Severity, VolumeEvidence},
        device::DeviceTag,
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    learning::{LearningPhase, learning_phase},
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "SESSION_BURST", version: 1, evaluate };

/// The limit of new sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionBurst {
    /// The number of devices with new sessions at which the rule matches.
    pub devices: u32,
    /// The period in which the sessions were created, this login included.
    pub window: Duration,
}

impl Default for SessionBurst {
    fn default() -> Self {
        Self { devices: 3, window: Duration::from_mins(30) }
    }
}

/// Matches a login on one more device while sessions on other devices are new. Sessions that have ended do not count.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, session, live, .. } = *context;
    if context.device().is_none() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownDevice);
    }
    let SessionBurst { devices: threshold, window } = settings.session_burst;
    let is_new = |other: &&Session| now.since(other.record.created_at) < window;
    let here = session.record.device.tag();
    let mut devices: Vec<DeviceTag> = vec![here];
    for device in live.iter().filter(is_new).map(|other| other.record.device.tag()) {
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    let count = u32::try_from(devices.len()).unwrap_or(u32::MAX);
    let adds_device = !live.iter().filter(is_new).any(|other| other.record.device.tag() == here);
    if count < threshold || !adds_device {
        return RuleOutcome::NoMatch;
    }
    let sessions = live.iter().filter(is_new).count() + 1;
    let is_complete = learning_phase(history, settings.learning, now) == Ok(LearningPhase::Complete);
    let minutes = window.as_secs() / 60;
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: if is_complete { Severity::Low } else { Severity::Info },
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: live
            .iter()
            .filter(is_new)
            .max_by_key(|other| other.record.created_at)
            .map(|other| ClientObservation::from_login(&other.record)),
        reason_admin: format!(
            "{sessions} sessions on {count} devices within {minutes} min, alert threshold {threshold} devices."
        ),
        reason_user: format!("{count} devices signed in within {minutes} minutes{}", context.last_on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: String::new(),
        detail: AlertEvidence::Volume(VolumeEvidence {
            count: u64::try_from(sessions).unwrap_or(u64::MAX),
            threshold: threshold.into(),
            window,
            distinct_users: 1,
            distinct_networks: 0,
            distinct_devices: count,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::{NOW, SampleLogin, expect_match, iphone, session_in},
        domain::Device,
    };

    /// Returns a login on the user's laptop after logins on other devices, each so many minutes ago.
    fn login_after(others: &[(&str, u64)]) -> SampleLogin {
        let live = others.iter().map(|(id, minutes)| {
            let mut session = session_in("DE");
            session.record.device = Device { id: (*id).to_owned(), ..iphone() };
            session.record.created_at = NOW.minus(Duration::from_mins(*minutes));
            session
        });
        SampleLogin { live: live.collect(), ..SampleLogin::in_country("DE") }
    }

    #[test]
    fn bursts() {
        let mut wider = login_after(&[("a", 40), ("b", 40)]);
        wider.settings.session_burst.window = Duration::from_hours(1);
        let mut fewer = login_after(&[("a", 1)]);
        fewer.settings.session_burst.devices = 2;
        let unknown = login_after(&[("a", 1), ("b", 1)]).on_device(Device::default());
        let low = Ok(Some(Severity::Low));
        let cases = [
            ("a third device", login_after(&[("a", 20), ("b", 5)]), low),
            ("a second device", login_after(&[("a", 20), ("a", 5)]), Ok(None)),
            ("a moment too late", login_after(&[("a", 30), ("b", 5)]), Ok(None)),
            ("the last moment", login_after(&[("a", 29), ("b", 29)]), low),
            ("in a wider window", wider, low),
            ("with a lower limit", fewer, low),
            ("while learning", login_after(&[("a", 20), ("b", 5)]).after_logins(2), Ok(Some(Severity::Info))),
            ("on an unknown device", unknown, Err(NotEvaluatedReason::UnknownDevice)),
        ];
        for (name, login, expected) in cases {
            let severity = login.evaluate_with(evaluate).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
        let mut again = login_after(&[("a", 20), ("b", 5), ("c", 1)]);
        again.live[2].record.device = again.session.record.device.clone();
        assert_eq!(again.evaluate_with(evaluate), Ok(None), "the device has a new session already");
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let found = expect_match(&login_after(&[("a", 20), ("b", 5), ("b", 1)]), evaluate);
        assert_eq!(found.reason_user, "3 devices signed in within 30 minutes, the last one is Firefox on Linux");
        let AlertEvidence::Volume(volume) = found.detail else { panic!("{found:?}") };
        assert_eq!((volume.count, volume.distinct_devices, volume.window), (4, 3, Duration::from_mins(30)));
    }
}
