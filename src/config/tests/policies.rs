use std::time::Duration;

use super::*;
use crate::domain::{LimitAction, Policy, policy::PolicyPreset};

fn policy(settings: &[(&str, &str)], name: &str) -> Policy {
    let config = load(settings).expect("configuration");
    let (_, policy) = config.policies.get(name).expect("policy");
    policy.clone()
}

#[test]
fn a_policy_is_its_preset_with_what_is_said_otherwise() {
    let settings = [
        ("policies.high-value-desk.preset", "high-value"),
        ("policies.high-value-desk.lifetime", "2h"),
        ("policies.high-value-desk.max_sessions", "2"),
        ("policies.high-value-desk.on_limit", "evict_least_recent"),
    ];
    let expected = Policy {
        lifetime: Duration::from_hours(2),
        remembered_lifetime: Duration::from_hours(2),
        max_sessions: 2,
        on_limit: LimitAction::EvictLeastRecent,
        ..PolicyPreset::HighValue.policy()
    };
    assert_eq!(policy(&settings, "high-value-desk"), expected);
}

#[test]
fn a_preset_can_be_changed_under_its_own_name() {
    let changed = policy(&[("policies.pci.idle_timeout", "10m")], "pci");
    assert_eq!(changed.idle_timeout, Duration::from_mins(10));
    assert!(changed.strict_activity);
    let fewer = policy(&[("policies.default.max_sessions", "3")], "");
    assert_eq!((fewer.max_sessions, fewer.lifetime), (3, PolicyPreset::Default.policy().lifetime));
}

#[test]
fn a_remembered_device_never_gets_less_than_another() {
    let longer = policy(&[("policies.default.lifetime", "120d")], "");
    assert_eq!(longer.remembered_lifetime, longer.lifetime);
    let without_idling_out = policy(&[("policies.default.idle_timeout", "0s")], "");
    assert_eq!(without_idling_out.remembered_idle_timeout, Duration::ZERO);
}

#[test]
fn the_environment_writes_hyphens_as_underscores() {
    let variables = [("SESSION_AUTHORITY__POLICIES__OFFICE_DAY__MAX_SESSIONS", "9")];
    let config = Config::load(&complete().with_environment(variables)).expect("configuration");
    assert_eq!(config.policies.get("office-day").expect("policy").1.max_sessions, 9);
}

#[test]
fn what_a_standard_demands_is_refused_by_setting_and_source() {
    let message = refusal(&[("policies.bank.preset", "aal3"), ("policies.bank.lifetime", "13h")]);
    assert!(message.starts_with("`policies.bank.lifetime`: must be at most"), "{message}");
    assert!(message.contains("NIST SP 800-63B-4"), "{message}");
    let recommended = [("policies.shop.preset", "aal2"), ("policies.shop.idle_timeout", "2h")];
    assert!(refusal(&recommended).contains("`justification`"));
    let justified = [recommended[0], recommended[1], ("policies.shop.justification", "long shifts")];
    assert_eq!(policy(&justified, "shop").idle_timeout, Duration::from_hours(2));
}

#[test]
fn a_policy_keeps_what_its_name_promises() {
    let message = refusal(&[("policies.aal3.preset", "default")]);
    assert!(message.starts_with("`policies.aal3.preset`: ") && message.contains("rename the policy"), "{message}");
    assert!(refusal(&[("policies.x.preset", "aal4")]).contains("did you mean `aal"));
    assert!(refusal(&[("policies.x.preset", "gold")]).contains("presets are default, many-devices"));
}

#[test]
fn wrong_values_and_names_of_policies_are_refused() {
    let cases = [
        ("policies.x.max_sessions", "257"),
        ("policies.x.max_sessions", "many"),
        ("policies.x.lifetime", "forever"),
        ("policies.x.on_limit", "ask"),
        ("policies.x.strict_activity", "sometimes"),
    ];
    for (key, value) in cases {
        let message = refusal(&[(key, value)]);
        assert!(message.starts_with(&format!("`{key}`: ")), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), "[policies.Gold_Card]\nmax_sessions = 1\n[policies.plain]\n").expect("written");
    let message = Config::load(&complete().with_file(Some(file.path()))).expect_err("wrong name").to_string();
    assert!(message.starts_with("`policies.Gold_Card`: is not a name"), "{message}");
}
