//! Tests that every setting changes an outcome.

use std::time::Duration;

use super::{
    DetectionSettings, LearningThreshold, LoginAssessment, Rule, TravelLimits, assess_login,
    samples::{LONDON, NOW, SampleLogin, TOKYO, iphone, session_in},
};
use crate::domain::{Location, history::Visit};

/// Assesses a login that every rule matches.
fn assess_suspicious_login(settings: DetectionSettings) -> LoginAssessment {
    let london = Location { country: "GB".to_owned(), position: Some(LONDON), ..Location::default() };
    let mut login = SampleLogin::in_country("JP").on_device(iphone());
    login.session.record.location.position = Some(TOKYO);
    login.live = vec![session_in("DE"), session_in("GB")];
    login.history.visits = vec![Visit::from_location(NOW.minus(Duration::from_hours(1)), &london).expect("a visit")];
    login.settings = settings;
    assess_login(&login.context())
}

fn rules(assessment: &LoginAssessment) -> Vec<&str> {
    assessment.findings.iter().map(|finding| finding.alert.rule.as_str()).collect()
}

#[test]
fn all_rules_find_something_by_default() {
    let assessment = assess_suspicious_login(DetectionSettings::default());
    assert_eq!(rules(&assessment), Rule::all().map(Rule::name).collect::<Vec<_>>());
    assert_eq!(assessment.not_evaluated, []);
    for (finding, rule) in assessment.findings.iter().zip(Rule::all()) {
        let alert = &finding.alert;
        assert_eq!((alert.rule_version, finding.dedup_window), (rule.spec().version, Duration::from_hours(1)));
        assert!(alert.dedup_key.starts_with(&format!("{}:{}:", rule.name(), "01".repeat(12))), "{}", alert.dedup_key);
        assert!(!alert.reason_admin.is_empty() && !alert.reason_user.is_empty() && !alert.audit_only);
        assert_eq!((Rule::from_name(rule.name()), alert.event_time), (Some(rule), NOW));
    }
}

#[test]
fn a_rule_that_is_off_finds_nothing_and_says_nothing() {
    for off in Rule::all() {
        let on = Rule::all().filter(|rule| *rule != off);
        let assessment =
            assess_suspicious_login(DetectionSettings { rules: on.collect(), ..DetectionSettings::default() });
        assert_eq!(assessment.findings.len(), Rule::COUNT - 1);
        assert!(!rules(&assessment).contains(&off.name()));
    }
}

#[test]
fn every_setting_changes_an_outcome() {
    let usual = DetectionSettings::default();
    let (learning, travel) = (usual.learning, usual.travel);
    let hour = Duration::from_hours(1);
    let changed = [
        DetectionSettings { audit_only: true, ..usual },
        DetectionSettings { dedup_window: Duration::ZERO, ..usual },
        DetectionSettings { concurrent_countries: 4, ..usual },
        DetectionSettings { learning: LearningThreshold { min_logins: 11, ..learning }, ..usual },
        DetectionSettings { travel: TravelLimits { max_speed_kmh: 10_000.0, ..travel }, ..usual },
        DetectionSettings { travel: TravelLimits { min_distance_km: 9_500.0, ..travel }, ..usual },
        DetectionSettings { travel: TravelLimits { lookback: hour / 2, ..travel }, ..usual },
    ];
    for settings in changed {
        assert_ne!(assess_suspicious_login(settings), assess_suspicious_login(usual), "{settings:?}");
    }
    let slow = DetectionSettings { learning: LearningThreshold { min_logins: 11, min_age: learning.min_age }, ..usual };
    let quick = DetectionSettings { learning: LearningThreshold { min_logins: 11, min_age: hour }, ..usual };
    assert_ne!(assess_suspicious_login(slow), assess_suspicious_login(quick), "the age of learning");
}
