//! Sections whose names an operator chooses: `policies.<name>.<field>`, `gateway.profiles.<name>.<field>`.

use toml::Value;

/// A family of sections with the same settings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NamedSections {
    /// The start of every key.
    pub(super) prefix: &'static str,
    fields: &'static [(&'static str, FieldType)],
}

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldType {
    Text,
    Integer,
    Boolean,
    List,
}

use FieldType::{Boolean, Integer, List, Text};

pub(super) const POLICIES: NamedSections = NamedSections {
    prefix: "policies.",
    fields: &[
        ("preset", Text),
        ("lifetime", Text),
        ("remembered_lifetime", Text),
        ("idle_timeout", Text),
        ("remembered_idle_timeout", Text),
        ("max_sessions", Integer),
        ("on_limit", Text),
        ("strict_activity", Boolean),
        ("rotation.grace", Text),
        ("rotation.lost_answer", Text),
        ("rotation.max_age", Text),
        ("rotation.required", Boolean),
        ("binding.ip", Text),
        ("binding.device", Text),
        ("justification", Text),
    ],
};

pub(super) const GATEWAY_PROFILES: NamedSections = NamedSections {
    prefix: "gateway.profiles.",
    fields: &[
        ("session", Text),
        ("roles", List),
        ("min_assurance_level", Integer),
        ("max_auth_age", Text),
        ("consistency", Text),
        ("activity", Text),
        ("tenant", Text),
        ("login_url", Text),
        ("delete_rejected_cookies", Boolean),
        ("forward_token", Boolean),
    ],
};

pub(super) const WEBHOOK_ENDPOINTS: NamedSections = NamedSections {
    prefix: "webhooks.endpoints.",
    fields: &[
        ("url", Text),
        ("secret", Text),
        ("secret_file", Text),
        ("format", Text),
        ("events", List),
        ("tenants", List),
        ("allow_private_addresses", Boolean),
        ("include_ip", Boolean),
        ("audience", Text),
    ],
};

const ALL: [&NamedSections; 3] = [&POLICIES, &GATEWAY_PROFILES, &WEBHOOK_ENDPOINTS];

/// Returns a value of the type of `key` if it is a setting of a named section.
pub(super) fn example_value(key: &str) -> Option<Value> {
    let (sections, _, field) = split(key)?;
    let (_, kind) = sections.fields.iter().find(|(name, _)| *name == field)?;
    Some(match kind {
        Text => Value::String(String::new()),
        Integer => Value::Integer(0),
        Boolean => Value::Boolean(false),
        List => Value::Array(Vec::new()),
    })
}

/// Returns whether `key` names a section as a whole.
pub(super) fn is_section(key: &str) -> bool {
    ALL.iter().any(|sections| key.strip_prefix(sections.prefix).is_some_and(|name| !name.contains('.')))
}

/// Returns whether `key` is the parent of named sections.
pub(super) fn is_parent(key: &str) -> bool {
    ALL.iter().any(|sections| sections.prefix.strip_suffix('.') == Some(key))
}

/// Returns all settings of the section of `key`; empty if it is not in a named section.
pub(super) fn sibling_keys(key: &str) -> Vec<String> {
    split(key).map_or_else(Vec::new, |(sections, name, _)| {
        sections.fields.iter().map(|(field, _)| format!("{}{name}.{field}", sections.prefix)).collect()
    })
}

/// Returns the key that an environment variable stands for. Shells do not allow hyphens in variable names, so an
/// underscore stands for a hyphen in the name of a section.
pub(super) fn key_from_variable(key: String) -> String {
    match split(&key) {
        Some((sections, name, field)) => format!("{}{}.{field}", sections.prefix, name.replace('_', "-")),
        None => key,
    }
}

/// Splits `key` into the family of its section, the name of the section, and the rest.
fn split(key: &str) -> Option<(&'static NamedSections, &str, &str)> {
    ALL.into_iter().find_map(|sections| {
        let (name, field) = key.strip_prefix(sections.prefix)?.split_once('.')?;
        Some((sections, name, field))
    })
}

impl NamedSections {
    /// Returns the names of the sections to which `keys` belong. `keys` are in order.
    pub(super) fn names(&self, keys: &[String]) -> Vec<String> {
        let name = |key: &String| {
            let rest = key.strip_prefix(self.prefix)?;
            Some(rest.split_once('.').map_or(rest, |(name, _)| name).to_owned())
        };
        let mut names: Vec<_> = keys.iter().filter_map(name).collect();
        names.dedup();
        names
    }

    /// Returns whether `name` may be the name of a section.
    pub(super) fn is_valid_name(name: &str, max_bytes: usize) -> bool {
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !name.is_empty() && name.len() <= max_bytes && name.chars().all(is_letter)
    }
}
