//! Custom policies.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{
    ClientBindingMode, ClientBindingRules, LimitAction, LostAnswer, Policy, PolicySet, RotationRules,
    limits::MAX_POLICY_NAME_BYTES,
    policy::{PolicyPreset, check_policy},
};

use super::{
    named_sections::{NamedSections, POLICIES},
    reader::SettingsReader,
    suggest,
};

const SECTION: &str = POLICIES.prefix;

/// Returns the built-in policies combined with the configured ones.
pub(super) fn read(r: &mut SettingsReader) -> PolicySet {
    let mut own = BTreeMap::new();
    for name in POLICIES.names(&r.keys_under(SECTION)) {
        if let Some(policy) = read_policy(r, &name) {
            own.insert(name, policy);
        }
    }
    PolicySet::new(own)
}

fn read_policy(r: &mut SettingsReader, name: &str) -> Option<Policy> {
    let key = |field: &str| format!("{SECTION}{name}.{field}");
    if !NamedSections::is_valid_name(name, MAX_POLICY_NAME_BYTES) {
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
        rotation: RotationRules {
            grace: r.get(&key("rotation.grace")).unwrap_or(base.rotation.grace),
            lost_answer: read_lost_answer(r, &key("rotation.lost_answer"), base.rotation.lost_answer),
            max_age: r.get(&key("rotation.max_age")).or(base.rotation.max_age),
            is_required: r.get(&key("rotation.required")).unwrap_or(base.rotation.is_required),
        },
        binding: ClientBindingRules {
            ip: read_binding(r, &key("binding.ip"), base.binding.ip),
            device: read_binding(r, &key("binding.device"), base.binding.device),
        },
    };
    let justification = r.get_text(&key("justification")).unwrap_or_default();
    check_policy(policy, preset, &justification)
        .map_err(|error| r.add_problem(&key(&error.0.field), error.0.description.into_owned()))
        .ok()
}

/// Returns the default for a remembered device: the same as for other devices if the preset makes no difference, and
/// never less.
fn remembered_default(own: Duration, plain: Duration, remembered: Duration) -> Duration {
    if own.is_zero() || remembered == plain { own } else { remembered.max(own) }
}

/// Returns the preset that the policy starts from. A policy with the name of a preset other than `default` must start
/// from that preset.
fn read_preset(r: &mut SettingsReader, name: &str) -> Option<PolicyPreset> {
    let key = format!("{SECTION}{name}.preset");
    let of_name = PolicyPreset::ALL.into_iter().find(|preset| preset.name() == name);
    let Some(text) = r.get_text(&key) else { return Some(of_name.unwrap_or(PolicyPreset::Default)) };
    let Some(preset) = PolicyPreset::ALL.into_iter().find(|preset| preset.name() == text) else {
        let names = PolicyPreset::ALL.map(PolicyPreset::name);
        let hint = suggest::suggest_key(&text, names.into_iter())
            .map_or_else(|| format!("; presets are {}", names.join(", ")), |near| format!("; did you mean `{near}`?"));
        r.add_problem(&key, format!("is not a known preset{hint}"));
        return None;
    };
    match of_name {
        Some(promised) if promised != preset && promised != PolicyPreset::Default => {
            let reason = format!("must be `{name}` for a policy of that name; rename the policy");
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

fn read_binding(r: &mut SettingsReader, key: &str, base: ClientBindingMode) -> ClientBindingMode {
    let Some(text) = r.get_text(key) else { return base };
    let mode = ClientBindingMode::ALL.into_iter().find(|mode| mode.name() == text);
    mode.unwrap_or_else(|| {
        r.add_problem(key, "is not `off`, `alert` or `reject`");
        base
    })
}

fn read_lost_answer(r: &mut SettingsReader, key: &str, base: LostAnswer) -> LostAnswer {
    match r.get_text(key).as_deref() {
        None => base,
        Some("repeat") => LostAnswer::Repeat,
        Some("refuse") => LostAnswer::Refuse,
        Some(_) => {
            r.add_problem(key, "is not `repeat` or `refuse`");
            base
        }
    }
}
