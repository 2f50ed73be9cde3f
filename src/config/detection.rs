//! Settings of the detection of suspicious logins.

use std::time::Duration;

use crate::{
    detection::{DetectionSettings, LearningThreshold, Rule, TravelLimits},
    domain::{LoginHistory, limits},
};

use super::{durations::secs, reader::SettingsReader};

/// Reads the section. The upper bounds of durations are the retention of the data that they refer to.
pub(super) fn read(r: &mut SettingsReader) -> DetectionSettings {
    DetectionSettings {
        rules: Rule::all().filter(|rule| r.get_bool(&rule.setting())).collect(),
        audit_only: r.get_bool("detection.audit_only"),
        dedup_window: r.get_in_range("detection.dedup_window", Duration::ZERO..=limits::MAX_DEDUP_WINDOW),
        learning: LearningThreshold {
            min_logins: r.get_in_range("detection.learning_min_logins", 1..=1_000),
            min_age: r.get_in_range("detection.learning_min_age", Duration::ZERO..=LoginHistory::MAX_AGE),
        },
        travel: TravelLimits {
            max_speed_kmh: r.get_in_range("detection.travel_max_speed_kmh", 100.0..=10_000.0),
            min_distance_km: r.get_in_range("detection.travel_min_distance_km", 1.0..=20_000.0),
            lookback: r.get_in_range("detection.travel_lookback", secs(60)..=LoginHistory::MAX_AGE),
        },
        concurrent_countries: r.get_in_range("detection.concurrent_countries", 2..=20),
    }
}
