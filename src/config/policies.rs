//! Policies of one's own.

use std::{collections::BTreeMap, time::Duration};

use toml::Value;

use crate::domain::{
    LimitAction, Policy, PolicySet,
    limits::MAX_POLICY_NAME_BYTES,
    policy::{PolicyPreset, check_policy},
};

use super::{reader::SettingsReader, suggest};

/// What can be set of a policy.
const POLICY_FIELDS: [&str; 9] = [
    "preset",
    "lifetime",
    "remembered_lifetime",
    "idle_timeout",
    "remembered_idle_timeout",
    "max_sessions",
    "on_limit",
    "strict_activity",
    "justification",
];
const SECTION: &str = "policies.";

/// A value of the type of `key`, when it is a setting of a policy: `policies.<name>.<field>`.
pub(super) fn example_value(key: &str) -> Option<Value> {
    let (_, field) = split_policy_key(key).filter(|(_, field)| POLICY_FIELDS.contains(field))?;
    Some(match field {
        "max_sessions" => Value::Integer(0),
        "strict_activity" => Value::Boolean(false),
        _ => Value::String(String::new()),
    })
}

/// Whether `key` names a policy as a whole.
pub(super) fn is_policy_section(key: &str) -> bool {
    key.strip_prefix(SECTION).is_some_and(|name| !name.contains('.'))
}

/// The name of the policy that `key` is in, and the rest.
fn split_policy_key(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(SECTION)?.split_once('.')
}

/// The settings of the policy that `key` is in, if it is in one.
pub(super) fn sibling_keys(key: &str) -> Vec<String> {
    let of = |name| POLICY_FIELDS.iter().map(|field| format!("{SECTION}{name}.{field}")).collect();
    split_policy_key(key).map_or_else(Vec::new, |(name, _)| of(name))
}

/// The key that a variable means. Names of policies have hyphens, which shells do not allow in names
/// of variables: an underscore stands for one there.
pub(super) fn key_from_variable(key: String) -> String {
    match split_policy_key(&key) {
        Some((name, field)) => format!("{SECTION}{}.{field}", name.replace('_', "-")),
        None => key,
    }
}

/// The ready-made policies with the configured ones among them.
pub(super) fn read(r: &mut SettingsReader) -> PolicySet {
    let mut own = BTreeMap::new();
    for name in policy_names(r) {
        if let Some(policy) = read_policy(r, &name) {
            own.insert(name, policy);
        }
    }
    PolicySet::new(own)
}

fn policy_names(r: &SettingsReader) -> Vec<String> {
    let name = |key: &String| {
        let rest = key.strip_prefix(SECTION)?;
        Some(rest.split_once('.').map_or(rest, |(name, _)| name).to_owned())
    };
    let mut names: Vec<_> = r.keys_under(SECTION).iter().filter_map(name).collect();
    names.dedup();
    names
}

fn read_policy(r: &mut SettingsReader, name: &str) -> Option<Policy> {
    let key = |field: &str| format!("{SECTION}{name}.{field}");
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > MAX_POLICY_NAME_BYTES || !name.chars().all(is_letter) {
        let reason = format!("is not a name of at most {MAX_POLICY_NAME_BYTES} lower-case letters, digits and hyphens");
        r.add_problem(&format!("{SECTION}{name}"), reason);
        return None;
    }
    let preset = read_preset(r, name)?;
    let base = preset.policy();
    let lifetime = r.get(&key("lifetime")).unwrap_or(base.lifetime);
    let idle_timeout = r.get(&key("idle_timeout")).unwrap_or(base.idle_timeout);
    let remembered_lifetime = remembered_default(lifetime, base.lifetime, base.remembered_lifetime);
    let remembered_idle = remembered_default(idle_timeout, base.idle_timeout, base.remembered_idle_timeout);
    let policy = Policy {
        lifetime,
        remembered_lifetime: r.get(&key("remembered_lifetime")).unwrap_or(remembered_lifetime),
        idle_timeout,
        remembered_idle_timeout: r.get(&key("remembered_idle_timeout")).unwrap_or(remembered_idle),
        max_sessions: r.get(&key("max_sessions")).unwrap_or(base.max_sessions),
        on_limit: read_on_limit(r, &key("on_limit"), base.on_limit),
        strict_activity: r.get(&key("strict_activity")).unwrap_or(base.strict_activity),
    };
    let justification = r.get_text(&key("justification")).unwrap_or_default();
    check_policy(policy, preset, &justification)
        .map_err(|error| r.add_problem(&key(&error.0.field), error.0.description.into_owned()))
        .ok()
}

/// What a remembered device gets when nothing is said of it: as much as another where the preset
/// makes no difference, and never less.
fn remembered_default(own: Duration, plain: Duration, remembered: Duration) -> Duration {
    if own.is_zero() || remembered == plain { own } else { remembered.max(own) }
}

/// The preset that the policy starts from. The name of a preset promises its rules.
fn read_preset(r: &mut SettingsReader, name: &str) -> Option<PolicyPreset> {
    let key = format!("{SECTION}{name}.preset");
    let of_name = PolicyPreset::ALL.into_iter().find(|preset| preset.name() == name);
    let Some(text) = r.get_text(&key) else { return Some(of_name.unwrap_or(PolicyPreset::Default)) };
    let Some(preset) = PolicyPreset::ALL.into_iter().find(|preset| preset.name() == text) else {
        let names = PolicyPreset::ALL.map(PolicyPreset::name);
        let hint = suggest::suggest_key(&text, names.into_iter())
            .map_or_else(|| format!("; they are {}", names.join(", ")), |near| format!("; did you mean `{near}`?"));
        r.add_problem(&key, format!("is not the name of a preset{hint}"));
        return None;
    };
    match of_name {
        Some(promised) if promised != preset && promised != PolicyPreset::Default => {
            let reason = format!("is not `{name}`, whose rules the policy's name promises; give it another name");
            r.add_problem(&key, reason);
            None
        }
        Some(_) | None => Some(preset),
    }
}

fn read_on_limit(r: &mut SettingsReader, key: &str, base: LimitAction) -> LimitAction {
    match r.get_text(key).as_deref() {
        None => base,
        Some("evict_least_recent") => LimitAction::EvictLeastRecent,
        Some("refuse") => LimitAction::Refuse,
        Some(_) => {
            r.add_problem(key, "is not `evict_least_recent` or `refuse`");
            base
        }
    }
}
