//! Tests that every setting changes an outcome.

use std::{collections::BTreeSet, time::Duration};

use super::{
    DetectionSettings, LearningThreshold, LoginAssessment, Rule, assess_login,
    failures::samples::SampleFailures,
    samples::{LONDON, NOW, SampleLogin, TOKYO, iphone, session_in},
};
use crate::{
    domain::{
        AuthEventKind, Location, NetworkClass, NetworkEntry,
        alert::{AlertAction, Severity},
        history::{LoginHours, NetworkPrefix, Visit},
    },
    store::Finding,
};

type SettingsChange = Box<dyn Fn(&mut DetectionSettings)>;

/// Assesses logins of which every rule matches at least one: a journey, one through a VPN, one after a long time, and
/// one after many failures.
fn assess_suspicious_logins(settings: &DetectionSettings) -> [LoginAssessment; 4] {
    let london = Location { country: "GB".to_owned(), position: Some(LONDON), ..Location::default() };
    let mut journey = SampleLogin::in_country("JP").on_device(iphone()).at_ip("203.0.113.9");
    journey.session.record.location.position = Some(TOKYO);
    journey.session.record.location.asn = 64_500;
    journey.live = vec![session_in("DE"), session_in("GB")];
    journey.live[1].record.device.id = "tablet".to_owned();
    let visit = Visit::from_location(NOW.minus(Duration::from_hours(1)), &london).expect("a visit");
    let network = Some(NetworkPrefix::from_ip("198.51.100.9".parse().expect("an address")));
    journey.history.visits = vec![Visit { asn: 64_500, network, ..visit }];
    let mut hours = [0; 24];
    hours[9] = 30;
    journey.history.hours = LoginHours::new(hours);
    let mut vpn = SampleLogin::in_country("JP").at_ip("203.0.113.9");
    vpn = vpn.with_class(NetworkClass::Vpn, "203.0.113.0/24");
    let mut late = SampleLogin::in_country("DE");
    late.history.last_login = Some(NOW.minus(Duration::from_hours(100 * 24)));
    let prompts = SampleFailures::of_user(AuthEventKind::MfaDenied, 5, Duration::from_secs(1)).record;
    let guesses = SampleFailures::of_user(AuthEventKind::PasswordFailed, 10, Duration::from_secs(1)).record;
    let mut fatigued = SampleLogin::in_country("DE").on_device(iphone());
    fatigued.failures.user.recent = [prompts.recent, guesses.recent].concat();
    [journey, vpn, late, fatigued]
        .map(|login| assess_login(&SampleLogin { settings: Box::new(settings.clone()), ..login }.context()))
}

fn findings(assessments: &[LoginAssessment]) -> Vec<&Finding> {
    assessments.iter().flat_map(|assessment| &assessment.findings).collect()
}

fn rules(assessments: &[LoginAssessment]) -> BTreeSet<&str> {
    findings(assessments).into_iter().map(|finding| finding.alert.rule.as_str()).collect()
}

#[test]
fn all_rules_find_something_by_default() {
    let assessments = assess_suspicious_logins(&DetectionSettings::default());
    assert_eq!(rules(&assessments), Rule::all().map(Rule::name).collect());
    for finding in findings(&assessments) {
        let alert = &finding.alert;
        let rule = Rule::from_name(&alert.rule).expect("a rule");
        assert_eq!((alert.rule_version, finding.dedup_window), (rule.spec().version, Duration::from_hours(1)));
        assert!(alert.dedup_key.starts_with(&format!("{}:{}:", rule.name(), "01".repeat(12))), "{}", alert.dedup_key);
        assert!(!alert.reason_admin.is_empty() && !alert.audit_only);
        assert_eq!(
            alert.reason_user.is_empty(),
            alert.action_recommended == AlertAction::None && alert.severity == Severity::Info
        );
        assert_eq!(alert.event_time, NOW);
    }
}

#[test]
fn a_rule_that_is_off_finds_nothing_and_says_nothing() {
    for off in Rule::all() {
        let on = Rule::all().filter(|rule| *rule != off);
        let assessments =
            assess_suspicious_logins(&DetectionSettings { rules: on.collect(), ..DetectionSettings::default() });
        assert_eq!(rules(&assessments).len(), Rule::COUNT - 1);
        assert!(!rules(&assessments).contains(off.name()));
        assert!(assessments.iter().flat_map(|assessment| &assessment.not_evaluated).all(|(rule, _)| *rule != off));
    }
}

#[test]
fn a_finding_that_only_informs_is_learned_from() {
    let assess = |login: &SampleLogin| assess_login(&login.context());
    let new_device = SampleLogin::in_country("DE").on_device(iphone());
    let learning = assess(&new_device.clone().after_logins(1));
    assert_eq!((learning.findings.len(), learning.is_suspicious()), (2, false), "and the one about evictions");
    assert!(assess(&new_device).is_suspicious());
}

#[test]
fn every_setting_changes_an_outcome() {
    let usual = DetectionSettings::default();
    let learning = usual.learning;
    let hour = Duration::from_hours(1);
    let networks = |network: &str| NetworkEntry::parse(network).into_iter().collect();
    let burst = usual.session_burst;
    let changes: [(&str, SettingsChange); 15] = [
        ("audit_only", Box::new(|settings| settings.audit_only = true)),
        ("dedup_window", Box::new(|settings| settings.dedup_window = Duration::ZERO)),
        ("concurrent_countries", Box::new(|settings| settings.concurrent_countries = 4)),
        ("learning_min_logins", Box::new(|settings| settings.learning.min_logins = 11)),
        ("travel_max_speed_kmh", Box::new(|settings| settings.travel.max_speed_kmh = 10_000.0)),
        ("travel_min_distance_km", Box::new(|settings| settings.travel.min_distance_km = 9_500.0)),
        ("travel_lookback", Box::new(|settings| settings.travel.lookback = Duration::from_mins(30))),
        ("dormant_after", Box::new(|settings| settings.dormant_after = Duration::from_hours(101 * 24))),
        ("burst_devices", Box::new(|settings| settings.session_burst.devices = 4)),
        ("burst_window", Box::new(move |settings| settings.session_burst.window = burst.window / 1_000_000_000)),
        ("unusual_hour_min_logins", Box::new(|settings| settings.unusual_hour_min_logins = 31)),
        ("mfa_prompts", Box::new(|settings| settings.failures.mfa_prompts = 6)),
        ("brute_force_failures", Box::new(|settings| settings.failures.brute_force_failures = 11)),
        ("trusted_networks", Box::new(move |settings| settings.trusted_networks = networks("203.0.113.0/24"))),
        ("carrier_networks", Box::new(move |settings| settings.carrier_networks = networks("AS64500"))),
    ];
    for (name, change) in changes {
        let mut settings = usual.clone();
        change(&mut settings);
        assert_ne!(assess_suspicious_logins(&settings), assess_suspicious_logins(&usual), "{name}");
    }
    let aged = |min_age| {
        let learning = LearningThreshold { min_logins: 11, min_age };
        assess_suspicious_logins(&DetectionSettings { learning, ..usual.clone() })
    };
    assert_ne!(aged(learning.min_age), aged(hour), "learning_min_age");
}
