//! Policies of one's own.

use std::{collections::BTreeMap, time::Duration};

use toml::Value;

use crate::domain::{
    OnLimit, Policies, Policy,
    limits::POLICY_BYTES,
    policy::{Preset, checked},
};

use super::{reader::Reader, suggest};

/// What can be set of a policy.
const FIELDS: [&str; 9] = [
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
pub(super) fn example(key: &str) -> Option<Value> {
    let (_, field) = split(key).filter(|(_, field)| FIELDS.contains(field))?;
    Some(match field {
        "max_sessions" => Value::Integer(0),
        "strict_activity" => Value::Boolean(false),
        _ => Value::String(String::new()),
    })
}

/// Whether `key` names a policy as a whole.
pub(super) fn is_policy(key: &str) -> bool {
    key.strip_prefix(SECTION).is_some_and(|name| !name.contains('.'))
}

/// The name of the policy that `key` is in, and the rest.
fn split(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(SECTION)?.split_once('.')
}

/// The settings of the policy that `key` is in, if it is in one.
pub(super) fn settings_beside(key: &str) -> Vec<String> {
    let of = |name| FIELDS.iter().map(|field| format!("{SECTION}{name}.{field}")).collect();
    split(key).map_or_else(Vec::new, |(name, _)| of(name))
}

/// The key that a variable means. Names of policies have hyphens, which shells do not allow in names
/// of variables: an underscore stands for one there.
pub(super) fn key_of_variable(key: String) -> String {
    match split(&key) {
        Some((name, field)) => format!("{SECTION}{}.{field}", name.replace('_', "-")),
        None => key,
    }
}

/// The ready-made policies with the configured ones among them.
pub(super) fn read(r: &mut Reader) -> Policies {
    let mut own = BTreeMap::new();
    for name in names(r) {
        if let Some(policy) = read_one(r, &name) {
            own.insert(name, policy);
        }
    }
    Policies::new(own)
}

fn names(r: &Reader) -> Vec<String> {
    let name = |key: &String| {
        let rest = key.strip_prefix(SECTION)?;
        Some(rest.split_once('.').map_or(rest, |(name, _)| name).to_owned())
    };
    let mut names: Vec<_> = r.keys_under(SECTION).iter().filter_map(name).collect();
    names.dedup();
    names
}

fn read_one(r: &mut Reader, name: &str) -> Option<Policy> {
    let key = |field: &str| format!("{SECTION}{name}.{field}");
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > POLICY_BYTES || !name.chars().all(is_letter) {
        let reason = format!("is not a name of at most {POLICY_BYTES} lower-case letters, digits and hyphens");
        r.refuse(&format!("{SECTION}{name}"), reason);
        return None;
    }
    let preset = preset(r, name)?;
    let base = preset.policy();
    let lifetime = r.get(&key("lifetime")).unwrap_or(base.lifetime);
    let idle_timeout = r.get(&key("idle_timeout")).unwrap_or(base.idle_timeout);
    let remembered_lifetime = remembered(lifetime, base.lifetime, base.remembered_lifetime);
    let remembered_idle = remembered(idle_timeout, base.idle_timeout, base.remembered_idle_timeout);
    let policy = Policy {
        lifetime,
        remembered_lifetime: r.get(&key("remembered_lifetime")).unwrap_or(remembered_lifetime),
        idle_timeout,
        remembered_idle_timeout: r.get(&key("remembered_idle_timeout")).unwrap_or(remembered_idle),
        max_sessions: r.get(&key("max_sessions")).unwrap_or(base.max_sessions),
        on_limit: on_limit(r, &key("on_limit"), base.on_limit),
        strict_activity: r.get(&key("strict_activity")).unwrap_or(base.strict_activity),
    };
    let justification = r.text(&key("justification")).unwrap_or_default();
    checked(policy, preset, &justification)
        .map_err(|error| r.refuse(&key(&error.0.field), error.0.description.into_owned()))
        .ok()
}

/// What a remembered device gets when nothing is said of it: as much as another where the preset
/// makes no difference, and never less.
fn remembered(own: Duration, plain: Duration, remembered: Duration) -> Duration {
    if own.is_zero() || remembered == plain { own } else { remembered.max(own) }
}

/// The preset that the policy starts from. The name of a preset promises its rules.
fn preset(r: &mut Reader, name: &str) -> Option<Preset> {
    let key = format!("{SECTION}{name}.preset");
    let of_name = Preset::ALL.into_iter().find(|preset| preset.name() == name);
    let Some(text) = r.text(&key) else { return Some(of_name.unwrap_or(Preset::Default)) };
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.name() == text) else {
        let names = Preset::ALL.map(Preset::name);
        let hint = suggest::nearest(&text, names.into_iter())
            .map_or_else(|| format!("; they are {}", names.join(", ")), |near| format!("; did you mean `{near}`?"));
        r.refuse(&key, format!("is not the name of a preset{hint}"));
        return None;
    };
    match of_name {
        Some(promised) if promised != preset && promised != Preset::Default => {
            let reason = format!("is not `{name}`, whose rules the policy's name promises; give it another name");
            r.refuse(&key, reason);
            None
        }
        Some(_) | None => Some(preset),
    }
}

fn on_limit(r: &mut Reader, key: &str, base: OnLimit) -> OnLimit {
    match r.text(key).as_deref() {
        None => base,
        Some("evict_least_recent") => OnLimit::EvictLeastRecent,
        Some("refuse") => OnLimit::Refuse,
        Some(_) => {
            r.refuse(key, "is not `evict_least_recent` or `refuse`");
            base
        }
    }
}
