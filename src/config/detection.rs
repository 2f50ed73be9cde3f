//! Settings of the detection of suspicious logins.

use std::time::Duration;

use crate::{
    detection::{
        DetectionSettings, ENDED_USE_SETTING, FailureRule, FailureSettings, LearningThreshold, Rule, RuleResponse,
        RuleResponses, SessionBurst, SessionRule, TravelLimits,
    },
    domain::{LoginHistory, NetworkEntry, NetworkSet, failures::FailureSubject, limits},
};

use super::{durations::secs, reader::SettingsReader};

const DAY: Duration = Duration::from_hours(24);
/// Maximum number of entries of a list of networks in the configuration.
const MAX_NETWORKS: usize = 1_000;

/// Reads the section. The upper bounds of durations are the retention of the data that they refer to.
pub(super) fn read(r: &mut SettingsReader) -> DetectionSettings {
    DetectionSettings {
        rules: Rule::all().filter(|rule| r.get_bool(&rule.setting())).collect(),
        session_rules: SessionRule::all().filter(|rule| r.get_bool(&rule.setting())).collect(),
        watches_ended_sessions: r.get_bool(ENDED_USE_SETTING),
        responses: read_responses(r),
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
        dormant_after: r.get_in_range("detection.dormant_after", DAY * 7..=DAY * 365),
        session_burst: SessionBurst {
            devices: r.get_in_range("detection.burst_devices", 2..=50),
            window: r.get_in_range("detection.burst_window", secs(60)..=DAY),
        },
        // Older logins fade at 200.
        unusual_hour_min_logins: r.get_in_range("detection.unusual_hour_min_logins", 5..=100),
        trusted_networks: read_networks(r, "detection.trusted_networks"),
        carrier_networks: read_networks(r, "detection.carrier_networks"),
        failures: read_failures(r),
        history_retention: r.get_in_range("detection.history_retention", LoginHistory::MAX_AGE..=DAY * 1_095),
    }
}

/// Reads the responses to rules. One that is stronger than its rule may have is a problem.
fn read_responses(r: &mut SettingsReader) -> RuleResponses {
    let mut responses = RuleResponses::default();
    for (rule, strongest) in RuleResponses::configurable() {
        let key = RuleResponses::setting(rule);
        let Some(text) = r.get_text(&key) else { continue };
        let permitted: Vec<_> = RuleResponse::ALL.into_iter().filter(|response| *response <= strongest).collect();
        if let Some(response) = RuleResponse::from_name(&text).filter(|response| permitted.contains(response)) {
            responses.set(rule, response);
        } else {
            let names: Vec<_> = permitted.iter().map(|response| format!("`{}`", response.name())).collect();
            r.add_problem(&key, format!("is not {}", names.join(" or ")));
        }
    }
    responses
}

/// Reads the settings about failures. The upper bounds of counts are what a record remembers.
fn read_failures(r: &mut SettingsReader) -> FailureSettings {
    const KEY: &str = "detection.failures";
    let users = u32::try_from(FailureSubject::User.capacity()).unwrap_or(u32::MAX);
    let networks = u32::try_from(FailureSubject::Network.capacity()).unwrap_or(u32::MAX);
    let key = |name: &str| format!("{KEY}.{name}");
    let hour = Duration::from_hours(1);
    FailureSettings {
        rules: FailureRule::all().filter(|rule| r.get_bool(&rule.setting())).collect(),
        window: r.get_in_range(&key("window"), secs(60)..=DAY),
        mfa_prompts: r.get_in_range(&key("mfa_prompts"), 2..=users),
        mfa_window: r.get_in_range(&key("mfa_window"), secs(60)..=DAY),
        brute_force_failures: r.get_in_range(&key("brute_force_failures"), 2..=users),
        stuffing_failures: r.get_in_range(&key("stuffing_failures"), 2..=networks),
        stuffing_users: r.get_in_range(&key("stuffing_users"), 2..=networks),
        spray_failures: r.get_in_range(&key("spray_failures"), 2..=networks),
        spray_users: r.get_in_range(&key("spray_users"), 2..=networks),
        spray_min_span: r.get_in_range(&key("spray_min_span"), Duration::ZERO..=hour),
        mass_sign_in_users: r.get_in_range("detection.mass_sign_in_users", 2..=networks),
        mass_sign_in_window: r.get_in_range("detection.mass_sign_in_window", secs(60)..=DAY),
        token_guesses_per_caller: r.get_in_range("detection.token_guesses_per_caller", 2..=networks),
        token_guesses_per_network: r.get_in_range("detection.token_guesses_per_network", 2..=networks),
        token_guess_window: r.get_in_range("detection.token_guess_window", secs(10)..=hour),
        throttle_after: r.get_in_range(&key("throttle_after"), 1..=10),
        throttle_max: r.get_in_range(&key("throttle_max"), hour / 2..=DAY),
        ipv6_prefix: r.get_in_range(&key("ipv6_prefix"), 48..=64),
        max_users: r.get_in_range(&key("max_users"), 1_024..=16_777_216),
    }
}

/// Reads a list of addresses, blocks in CIDR notation and numbers of autonomous systems.
fn read_networks(r: &mut SettingsReader, key: &str) -> NetworkSet {
    let entries: Vec<String> = r.get(key).unwrap_or_default();
    if entries.len() > MAX_NETWORKS {
        r.add_problem(key, format!("lists {} networks; the limit is {MAX_NETWORKS}", entries.len()));
    }
    let mut parse = |text: &String| {
        let entry = NetworkEntry::parse(text);
        if entry.is_none() {
            r.add_problem(key, format!("{text:?} is no IP address, CIDR block or AS number (such as AS64500)"));
        }
        entry
    };
    entries.iter().filter_map(&mut parse).collect()
}
