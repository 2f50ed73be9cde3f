//! What is noticed about logins.

use std::time::Duration;

use crate::{
    detection::{Learning, Rule, RuleSet, Settings, TravelLimits},
    domain::{LoginHistory, limits},
};

use super::{reader::Reader, span::secs};

/// The bounds of times are how long is remembered what they look at.
pub(super) fn read(r: &mut Reader) -> Settings {
    Settings {
        rules: rules(r),
        audit_only: r.flag("detection.audit_only"),
        quiet_for: r.within("detection.quiet_for", Duration::ZERO..=limits::QUIET_AGE),
        learning: Learning {
            logins: r.within("detection.learning_logins", 1..=1_000),
            age: r.within("detection.learning_age", Duration::ZERO..=LoginHistory::AGE),
        },
        travel: TravelLimits {
            max_speed_kmh: r.within("detection.travel_max_speed_kmh", 100.0..=10_000.0),
            min_distance_km: r.within("detection.travel_min_distance_km", 1.0..=20_000.0),
            look_back: r.within("detection.travel_look_back", secs(60)..=LoginHistory::AGE),
        },
        concurrent_countries: r.within("detection.concurrent_countries", 2..=20),
    }
}

fn rules(r: &mut Reader) -> RuleSet {
    Rule::ALL.into_iter().filter(|rule| r.flag(key_of(*rule))).collect()
}

const fn key_of(rule: Rule) -> &'static str {
    match rule {
        Rule::NewCountry => "detection.rules.new_country",
        Rule::NewDevice => "detection.rules.new_device",
        Rule::ImpossibleTravel => "detection.rules.impossible_travel",
        Rule::ConcurrentCountries => "detection.rules.concurrent_countries",
        Rule::SessionLimit => "detection.rules.session_limit",
    }
}
