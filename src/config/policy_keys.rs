//! Keys of the settings of policies: `policies.<name>.<field>`.

use toml::Value;

/// The settings of a policy.
const POLICY_FIELDS: [&str; 13] = [
    "preset",
    "lifetime",
    "remembered_lifetime",
    "idle_timeout",
    "remembered_idle_timeout",
    "max_sessions",
    "on_limit",
    "strict_activity",
    "rotation.grace",
    "rotation.lost_answer",
    "rotation.max_age",
    "rotation.required",
    "justification",
];
/// The start of every key.
pub(super) const SECTION: &str = "policies.";

/// Returns a value of the type of `key` if it is a setting of a policy: `policies.<name>.<field>`.
pub(super) fn example_value(key: &str) -> Option<Value> {
    let (_, field) = split_policy_key(key).filter(|(_, field)| POLICY_FIELDS.contains(field))?;
    Some(match field {
        "max_sessions" => Value::Integer(0),
        "strict_activity" | "rotation.required" => Value::Boolean(false),
        _ => Value::String(String::new()),
    })
}

/// Returns whether `key` names a policy as a whole.
pub(super) fn is_policy_section(key: &str) -> bool {
    key.strip_prefix(SECTION).is_some_and(|name| !name.contains('.'))
}

/// Splits `key` into the name of its policy and the rest.
fn split_policy_key(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(SECTION)?.split_once('.')
}

/// Returns all settings of the policy of `key`; empty if it is not in a policy.
pub(super) fn sibling_keys(key: &str) -> Vec<String> {
    let of = |name| POLICY_FIELDS.iter().map(|field| format!("{SECTION}{name}.{field}")).collect();
    split_policy_key(key).map_or_else(Vec::new, |(name, _)| of(name))
}

/// Returns the key that an environment variable stands for. Shells do not allow hyphens in variable names, so an
/// underscore stands for a hyphen in the name of a policy.
pub(super) fn key_from_variable(key: String) -> String {
    match split_policy_key(&key) {
        Some((name, field)) => format!("{SECTION}{}.{field}", name.replace('_', "-")),
        None => key,
    }
}
