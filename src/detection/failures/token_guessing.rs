//! Many tokens that this installation did not issue, presented through one caller or from one network.

use std::collections::BTreeMap;

use crate::domain::{
    AuthEventKind,
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::{FailureSubject, PeerTag},
};

use super::{
    FailureContext, network_text,
    rule::{FailureMatch, FailureRuleSpec},
};

pub(super) const RULE: FailureRuleSpec = FailureRuleSpec {
    name: "TOKEN_GUESSING",
    version: 1,
    subjects: &[FailureSubject::CallerTokens, FailureSubject::NetworkTokens],
    slot: 0,
    evaluate,
};

/// Brute Force, and Forge Web Credentials: Web Cookies. <https://attack.mitre.org/techniques/T1606/001/>
const TECHNIQUES: &[&str] = &["T1110", "T1606.001"];

/// Matches a token if it is one of many different ones. A client that repeats an old token guesses nothing.
///
/// A token whose MAC is right was made with a token key, so its severity is higher: the key is known to somebody else.
fn evaluate(context: &FailureContext<'_>) -> Option<FailureMatch> {
    let FailureContext { record, settings, now, failure, subject, .. } = *context;
    let (window, is_of_caller) = (settings.token_guess_window, subject == FailureSubject::CallerTokens);
    let threshold = if is_of_caller { settings.token_guesses_per_caller } else { settings.token_guesses_per_network };
    let mut tokens: BTreeMap<PeerTag, bool> = BTreeMap::new();
    for guess in record.within(window, now) {
        *tokens.entry(guess.peer).or_default() |= guess.kind == AuthEventKind::SignedTokenGuessed;
    }
    let signed = tokens.values().filter(|is_signed| **is_signed).count();
    let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
    (count >= threshold).then(|| FailureMatch {
        severity: if signed > 0 { Severity::High } else { Severity::Medium },
        action: AlertAction::Throttle,
        evidence: VolumeEvidence {
            count: count.into(),
            threshold: threshold.into(),
            window,
            distinct_users: 0,
            distinct_networks: u32::from(!is_of_caller),
            distinct_devices: 0,
        },
        reason_admin: format!(
            "At least {count} different tokens that this installation did not issue were presented {} within {} s, \
             alert threshold {threshold}.{}",
            if is_of_caller {
                format!("by the caller {}", failure.owner.user.as_str())
            } else {
                format!("from {}", network_text(failure))
            },
            window.as_secs(),
            if signed > 0 {
                format!(" {signed} of them have the MAC of a token key: replace the key, somebody else may know it.")
            } else {
                String::new()
            }
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

    const SECOND: Duration = Duration::from_secs(1);

    fn guesses(subject: FailureSubject, tokens: u32, different: u32, apart: Duration) -> SampleFailures {
        let guesses = SampleFailures::of_user(AuthEventKind::TokenGuessed, tokens, apart).across_peers(different);
        SampleFailures { subject, ..guesses }
    }

    #[test]
    fn guesses_of_callers_and_networks() {
        use FailureSubject::{CallerTokens as Caller, NetworkTokens as Network};
        let mut fewer = guesses(Network, 3, 3, SECOND);
        fewer.settings.token_guesses_per_network = 3;
        let mut trusting = guesses(Caller, 20, 20, SECOND);
        trusting.settings.token_guesses_per_caller = 21;
        let mut longer = guesses(Network, 5, 5, Duration::from_secs(30));
        longer.settings.token_guess_window = Duration::from_mins(5);
        let cases = [
            ("five from a network", guesses(Network, 5, 5, SECOND), true),
            ("four from a network", guesses(Network, 4, 4, SECOND), false),
            ("one, again and again", guesses(Network, 60, 1, SECOND), false),
            ("four, again and again", guesses(Network, 60, 4, SECOND), false),
            ("twenty of a caller", guesses(Caller, 20, 20, SECOND), true),
            ("nineteen of a caller", guesses(Caller, 19, 19, SECOND), false),
            ("at the edge of the window", guesses(Network, 5, 5, Duration::from_millis(14_999)), true),
            ("over a longer time", guesses(Network, 5, 5, Duration::from_secs(15)), false),
            ("in a longer window", longer, true),
            ("with a lower threshold", fewer, true),
            ("with a higher threshold", trusting, false),
        ];
        for (name, guesses, expected) in cases {
            assert_eq!(guesses.evaluate_with(evaluate).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn a_right_mac_shows_that_a_key_is_known() {
        let mut guesses = guesses(FailureSubject::NetworkTokens, 5, 5, SECOND);
        let found = guesses.evaluate_with(evaluate).expect("a match");
        assert_eq!((found.severity, found.evidence.count), (Severity::Medium, 5));
        guesses.record.recent[2].kind = AuthEventKind::SignedTokenGuessed;
        let found = guesses.evaluate_with(evaluate).expect("a match");
        assert_eq!(found.severity, Severity::High);
        assert!(found.reason_admin.contains("1 of them have the MAC of a token key"), "{}", found.reason_admin);
    }

    #[test]
    fn the_alert_names_the_caller_or_the_network() {
        for (subject, name) in [(FailureSubject::CallerTokens, "ann"), (FailureSubject::NetworkTokens, "203.0.113.9")] {
            let found = guesses(subject, 20, 20, SECOND).assess(subject);
            let alert = &found.first().expect("a finding").alert;
            assert!(alert.reason_admin.contains(name), "{}", alert.reason_admin);
            assert_eq!((alert.dedup_key.as_str(), &alert.user), (format!("TOKEN_GUESSING:{name}").as_str(), &None));
        }
    }
}
