//! Every setting changes what comes out.

use std::time::Duration;

use super::{
    Assessment, Learning, Rule, Settings, TravelLimits, assess,
    samples::{LONDON, Login, NOW, TOKYO, iphone, live_in},
};
use crate::domain::{Location, history::Visit};

/// A login that every rule has something to say about.
fn suspicious(settings: Settings) -> Assessment {
    let london = Location { country: "GB".to_owned(), position: Some(LONDON), ..Location::default() };
    let mut login = Login::in_country("JP").on(iphone());
    login.session.record.location.position = Some(TOKYO);
    login.live = vec![live_in("DE"), live_in("GB")];
    login.history.visits = vec![Visit::of(NOW.minus(Duration::from_hours(1)), &london).expect("a visit")];
    login.settings = settings;
    assess(&login.context())
}

fn rules(assessment: &Assessment) -> Vec<&str> {
    assessment.findings.iter().map(|finding| finding.alert.rule.as_str()).collect()
}

#[test]
fn all_rules_find_something_by_default() {
    let assessment = suspicious(Settings::default());
    assert_eq!(rules(&assessment), Rule::ALL.map(Rule::name));
    assert_eq!(assessment.not_evaluated, []);
    for (finding, rule) in assessment.findings.iter().zip(Rule::ALL) {
        let alert = &finding.alert;
        assert_eq!((alert.rule_version, finding.quiet_for), (rule.version(), Duration::from_hours(1)));
        assert!(alert.dedup_key.starts_with(&format!("{}:{}:", rule.name(), "01".repeat(12))), "{}", alert.dedup_key);
        assert!(!alert.reason_admin.is_empty() && !alert.reason_user.is_empty() && !alert.audit_only);
        assert_eq!((Rule::named(rule.name()), alert.event_time), (Some(rule), NOW));
    }
}

#[test]
fn a_rule_that_is_off_finds_nothing_and_says_nothing() {
    for off in Rule::ALL {
        let on = Rule::ALL.into_iter().filter(|rule| *rule != off);
        let assessment = suspicious(Settings { rules: on.collect(), ..Settings::default() });
        assert_eq!(assessment.findings.len(), Rule::ALL.len() - 1);
        assert!(!rules(&assessment).contains(&off.name()));
    }
}

#[test]
fn every_setting_changes_an_outcome() {
    let usual = Settings::default();
    let (learning, travel) = (usual.learning, usual.travel);
    let hour = Duration::from_hours(1);
    let changed = [
        Settings { audit_only: true, ..usual },
        Settings { quiet_for: Duration::ZERO, ..usual },
        Settings { concurrent_countries: 4, ..usual },
        Settings { learning: Learning { logins: 11, ..learning }, ..usual },
        Settings { travel: TravelLimits { max_speed_kmh: 10_000.0, ..travel }, ..usual },
        Settings { travel: TravelLimits { min_distance_km: 9_500.0, ..travel }, ..usual },
        Settings { travel: TravelLimits { look_back: hour / 2, ..travel }, ..usual },
    ];
    for settings in changed {
        assert_ne!(suspicious(settings), suspicious(usual), "{settings:?}");
    }
    let slow = Settings { learning: Learning { logins: 11, age: learning.age }, ..usual };
    let quick = Settings { learning: Learning { logins: 11, age: hour }, ..usual };
    assert_ne!(suspicious(slow), suspicious(quick), "the age of learning");
}
