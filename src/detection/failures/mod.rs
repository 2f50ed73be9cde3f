//! Detection of attacks by failures of authentication, and by sign-ins of many users: rules, one per file, and the
//! throttle.
//!
//! A rule is a `FailureRuleSpec` in its file and an entry of `FAILURE_RULES`. It is a function of a [`FailureContext`]
//! and nothing else. A failure is always known to the rules of its user, and to those of its network if the address is
//! known.

mod brute_force;
mod credential_stuffing;
mod mass_sign_in;
mod mfa_fatigue;
mod password_spray;
mod rule;
mod settings;
mod throttle;
mod token_guessing;

#[cfg(test)]
pub(super) mod samples;

use std::time::Duration;

use crate::{
    domain::{
        Alert, AuthFailure, EventId, UnixMillis,
        alert::{AlertAction, AlertEvidence, AlertId, ClientObservation, NotificationContact, NotificationEmail},
        failures::{FailureRecord, FailureSubject},
    },
    store::FailureFinding,
};

pub(super) use brute_force::{PASSWORD_GUESSING, guesses};
pub(super) use credential_stuffing::is_stuffing;
pub(super) use mfa_fatigue::{MFA_REQUEST_GENERATION, unanswered_prompts};
pub(super) use password_spray::is_spray;
pub use rule::{FailureRule, FailureRuleSet};
pub use settings::FailureSettings;
pub use throttle::{ThrottleContext, throttle};

use rule::{FailureMatch, FailureRuleSpec};

/// The rules, in the order in which they are evaluated.
const FAILURE_RULES: &[FailureRuleSpec] = &[
    mfa_fatigue::RULE,
    brute_force::RULE,
    credential_stuffing::RULE,
    password_spray::RULE,
    mass_sign_in::RULE,
    token_guessing::RULE,
];

/// A failure, and the recent failures of its user or its network, with it.
#[derive(Clone, Copy, Debug)]
pub struct FailureContext<'a> {
    pub now: UnixMillis,
    /// The kind of subject whose failures the record has.
    pub subject: FailureSubject,
    pub failure: &'a AuthFailure,
    /// The event of the failure; for a guessed token, which has none, an ID of its own.
    pub event: EventId,
    pub record: &'a FailureRecord,
    pub settings: &'a FailureSettings,
    /// Marks alerts with the statement that no action is taken on them.
    pub audit_only: bool,
    pub dedup_window: Duration,
}

/// Evaluates every rule about this kind of subject that is enabled.
#[must_use]
pub fn assess_failure(context: &FailureContext<'_>) -> Vec<FailureFinding> {
    let is_evaluated =
        |rule: &FailureRule| rule.spec().is_about(context.subject) && context.settings.rules.contains(*rule);
    FailureRule::all()
        .filter(is_evaluated)
        .filter_map(|rule| Some(into_finding((rule.spec().evaluate)(context)?, rule, context)))
        .collect()
}

fn into_finding(found: FailureMatch, rule: FailureRule, context: &FailureContext<'_>) -> FailureFinding {
    let AuthFailure { owner, location, device, at, .. } = context.failure;
    let is_about_user = context.subject == FailureSubject::User;
    let is_named = is_about_user || context.subject == FailureSubject::CallerTokens;
    let subject = if is_named { owner.user.as_str().to_owned() } else { network_text(context.failure) };
    let is_audited = !context.subject.is_about_tokens();
    let device = is_audited.then(|| device.clone());
    let alert = Alert {
        id: AlertId::new(rule.name(), context.event),
        tenant: owner.tenant.clone(),
        rule: rule.name().to_owned(),
        rule_version: rule.spec().version,
        severity: found.severity,
        event_time: *at,
        detected_time: context.now,
        user: is_about_user.then(|| owner.user.clone()),
        email: NotificationEmail::default(),
        contact: NotificationContact::default(),
        session: None,
        device_id: String::new(),
        current: ClientObservation { location: location.clone(), device, at: *at },
        previous: None,
        action_taken: AlertAction::None,
        action_recommended: found.action,
        audit_only: context.audit_only,
        detail: Some(AlertEvidence::Volume(found.evidence)),
        reason_admin: found.reason_admin,
        reason_user: found.reason_user,
        mitre_techniques: found.mitre_techniques.iter().map(|&technique| technique.to_owned()).collect(),
        dedup_key: format!("{}:{subject}", rule.name()),
        dedup_count: 1,
        event: is_audited.then_some(context.event),
        group: None,
        acknowledgement: None,
    };
    FailureFinding { alert, slot: rule.spec().slot, dedup_window: context.dedup_window }
}

/// Returns the address of a failure as it is named in texts.
fn network_text(failure: &AuthFailure) -> String {
    failure.location.ip.map(|ip| ip.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{samples::SampleFailures, *};
    use crate::domain::AuthEventKind;

    type SettingsChange = Box<dyn Fn(&mut FailureSettings)>;

    #[test]
    fn a_rule_has_its_own_slot_among_those_of_its_subject() {
        for subject in FailureSubject::ALL {
            let mut slots: Vec<_> = FAILURE_RULES.iter().filter(|rule| rule.is_about(subject)).collect();
            slots.sort_by_key(|rule| rule.slot);
            assert!(slots.iter().enumerate().all(|(slot, rule)| rule.slot == slot));
        }
    }

    #[test]
    fn a_rule_that_is_off_finds_nothing() {
        let failures = SampleFailures::of_user(AuthEventKind::PasswordFailed, 10, Duration::from_secs(1));
        assert_eq!(failures.assess(FailureSubject::User).len(), 1);
        let off = SampleFailures {
            settings: FailureSettings { rules: [].into_iter().collect(), ..FailureSettings::default() },
            ..failures
        };
        assert_eq!(off.assess(FailureSubject::User), []);
    }

    #[test]
    fn an_alert_about_a_network_names_no_user() {
        let stuffing = SampleFailures::from_network(30, 30, Duration::from_secs(1));
        let found = stuffing.assess(FailureSubject::Network);
        let alert = &found.first().expect("a finding").alert;
        assert_eq!((alert.rule.as_str(), &alert.user), ("CREDENTIAL_STUFFING", &None));
        assert_eq!(alert.reason_user, "", "no user is to be notified");
    }

    #[test]
    fn every_setting_changes_an_outcome() {
        let prompts = SampleFailures::of_user(AuthEventKind::MfaDenied, 6, Duration::from_secs(90));
        let guesses = SampleFailures::of_user(AuthEventKind::PasswordFailed, 12, Duration::from_mins(1));
        let stuffing = SampleFailures::from_network(30, 20, Duration::from_secs(20));
        let spray = SampleFailures::from_network(18, 6, Duration::from_secs(25));
        let minute = Duration::from_mins(1);
        let newcomers = SampleFailures::of_user(AuthEventKind::SignedIn, 12, Duration::from_secs(30)).across_peers(12);
        let subject_of_newcomers = FailureSubject::NetworkNewcomers;
        let tokens = SampleFailures::of_user(AuthEventKind::TokenGuessed, 30, Duration::from_secs(1)).across_peers(30);
        let (by_caller, from_network) = (FailureSubject::CallerTokens, FailureSubject::NetworkTokens);
        let changes: [(&str, &SampleFailures, FailureSubject, SettingsChange); 14] = [
            ("token_guesses_per_caller", &tokens, by_caller, Box::new(|s| s.token_guesses_per_caller = 31)),
            ("token_guesses_per_network", &tokens, from_network, Box::new(|s| s.token_guesses_per_network = 31)),
            ("token_guess_window", &tokens, by_caller, Box::new(|s| s.token_guess_window = Duration::from_secs(10))),
            ("mfa_prompts", &prompts, FailureSubject::User, Box::new(|s| s.mfa_prompts = 7)),
            ("mfa_window", &prompts, FailureSubject::User, Box::new(move |s| s.mfa_window = minute)),
            ("brute_force_failures", &guesses, FailureSubject::User, Box::new(|s| s.brute_force_failures = 13)),
            ("window", &guesses, FailureSubject::User, Box::new(move |s| s.window = minute)),
            ("stuffing_failures", &stuffing, FailureSubject::Network, Box::new(|s| s.stuffing_failures = 31)),
            ("stuffing_users", &stuffing, FailureSubject::Network, Box::new(|s| s.stuffing_users = 21)),
            ("spray_failures", &spray, FailureSubject::Network, Box::new(|s| s.spray_failures = 19)),
            ("spray_users", &spray, FailureSubject::Network, Box::new(|s| s.spray_users = 7)),
            ("mass_sign_in_users", &newcomers, subject_of_newcomers, Box::new(|s| s.mass_sign_in_users = 13)),
            (
                "mass_sign_in_window",
                &newcomers,
                subject_of_newcomers,
                Box::new(move |s| s.mass_sign_in_window = minute),
            ),
            ("spray_min_span", &spray, FailureSubject::Network, Box::new(move |s| s.spray_min_span = minute * 10)),
        ];
        for (name, failures, subject, change) in changes {
            let mut other = failures.clone();
            change(&mut other.settings);
            assert_ne!(other.assess(subject), failures.assess(subject), "{name}");
        }
    }
}
