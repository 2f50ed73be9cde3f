//! The effective configuration, for display.

use std::{collections::BTreeMap, fmt::Write as _};

use toml::Value;

use super::{
    error::ConfigError,
    named_sections::WEBHOOK_ENDPOINTS,
    secret_url::{REDACTED, redact},
    settings::{LayeredSettings, SettingValue},
    sources::{ConfigSources, SettingOrigin},
};

/// Settings whose values are never shown.
const SECRET_KEYS: [&str; 2] = ["keys.installation", "keys.token"];

/// Returns every setting as TOML with secrets redacted. A value that is not the default is followed by its layer in a
/// comment. Fails if a layer cannot be read. Values are not checked.
pub fn render_effective_config(sources: &ConfigSources) -> Result<String, ConfigError> {
    let (settings, problems) = LayeredSettings::from_sources(sources);
    ConfigError::check(problems)?;
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    for (key, setting) in settings.iter() {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        if matches!(setting.value, Value::Table(_)) {
            sections.entry(key).or_default();
            continue;
        }
        let text = sections.entry(section).or_default();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name} = {}{}", displayed_value(key, setting), origin_comment(&setting.origin));
    }
    let with_heading = |(section, text): (&str, String)| match section {
        "" => text,
        section => format!("[{section}]\n{text}"),
    };
    Ok(sections.into_iter().map(with_heading).collect::<Vec<_>>().join("\n"))
}

fn displayed_value(key: &str, setting: &SettingValue) -> Value {
    match &setting.value {
        Value::String(text) if is_secret(key) && !text.is_empty() => REDACTED.into(),
        Value::String(text) if key.ends_with("url") || key.ends_with("endpoint") => redact(text).into(),
        Value::Array(entries) => entries.iter().map(without_hash).collect::<Vec<_>>().into(),
        value => value.clone(),
    }
}

/// Returns whether the value of a setting is never shown. The URL of a webhook may have a secret in its path.
fn is_secret(key: &str) -> bool {
    let is_webhook_secret = |field: &str| matches!(field.rsplit_once('.'), Some((_, "secret" | "url")));
    SECRET_KEYS.contains(&key) || key.strip_prefix(WEBHOOK_ENDPOINTS.prefix).is_some_and(is_webhook_secret)
}

/// Returns an entry of `callers.list` without the hash of its key.
fn without_hash(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(hash) = entry.get_mut("key_hash") {
        *hash = REDACTED.into();
    }
    entry
}

fn origin_comment(origin: &SettingOrigin) -> String {
    if *origin == SettingOrigin::Default { String::new() } else { format!("  # {origin}") }
}
