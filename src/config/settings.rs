//! Settings by name, each with the value of the highest layer that sets it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{
    error::ConfigProblem,
    named_sections,
    sources::{ConfigSources, SettingOrigin},
    suggest,
};

/// The lowest layer, which lists every setting.
pub(super) const DEFAULTS: &str = include_str!("default.toml");

pub(super) struct SettingValue {
    pub value: Value,
    pub origin: SettingOrigin,
}

/// Settings by dotted name. The reader checks their values.
pub(super) struct LayeredSettings {
    values: BTreeMap<String, SettingValue>,
    directory: PathBuf,
    /// A source is unreadable.
    is_incomplete: bool,
}

impl LayeredSettings {
    /// Combines the sources layer by layer. An unreadable source and an unknown setting are problems. The other
    /// settings are collected nevertheless, so that all problems can be reported together.
    pub(super) fn from_sources(sources: &ConfigSources) -> (Self, Vec<ConfigProblem>) {
        let directory = sources.directory().to_owned();
        let mut settings = Self { values: BTreeMap::new(), directory, is_incomplete: false };
        let mut problems = Vec::new();
        match parse_table("default.toml", DEFAULTS) {
            Ok(defaults) => settings.add_table("", defaults, &SettingOrigin::Default),
            Err(problem) => problems.push(problem),
        }
        let known: Vec<String> = settings.values.keys().cloned().collect();
        for (key, value) in &sources.development {
            settings.add_text(key, value, SettingOrigin::Development);
        }
        if let Some(file) = &sources.file {
            match read_table(file) {
                Ok(table) => settings.add_table("", table, &SettingOrigin::File(file.clone())),
                Err(problem) => {
                    settings.is_incomplete = true;
                    problems.push(problem);
                }
            }
        }
        for (name, value) in &sources.environment {
            match parse_variable(name, value) {
                Ok((name, key, value)) => settings.add_text(&key, &value, SettingOrigin::Environment(name)),
                Err(problem) => problems.push(problem),
            }
        }
        for flag in &sources.flags {
            settings.add_text(flag.key, &flag.value, SettingOrigin::Flag(flag.name));
        }
        settings.remove_unknown(&known, &mut problems);
        (settings, problems)
    }

    /// Returns whether the configuration file is unreadable, so that its settings are unknown.
    pub(super) const fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    pub(super) fn get(&self, key: &str) -> Option<&SettingValue> {
        self.values.get(key)
    }

    /// Returns every setting with its name, ordered by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &SettingValue)> {
        self.values.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    /// Returns the path that `path` means in a layer: in the defaults and the configuration file it is relative to the
    /// directory of the file.
    pub(super) fn resolve(&self, path: &str, origin: &SettingOrigin) -> PathBuf {
        match origin {
            SettingOrigin::Default | SettingOrigin::File(_) => self.directory.join(path),
            SettingOrigin::Development | SettingOrigin::Environment(_) | SettingOrigin::Flag(_) => path.into(),
        }
    }

    fn add_table(&mut self, prefix: &str, table: Table, origin: &SettingOrigin) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                Value::Table(section) if !section.is_empty() => self.add_table(&key, section, origin),
                value => self.add(&key, value, origin.clone()),
            }
        }
    }

    /// Adds a value of a layer that has only strings, converted to the type of the setting. A string that cannot be
    /// converted stays a string, and the reader rejects it.
    fn add_text(&mut self, key: &str, text: &str, origin: SettingOrigin) {
        let example = self.values.get(key).map(|setting| setting.value.clone());
        let example = example.or_else(|| named_sections::example_value(key));
        let value = example.and_then(|example| parse_typed(text, &example));
        self.add(key, value.unwrap_or_else(|| Value::String(text.to_owned())), origin);
    }

    fn add(&mut self, key: &str, value: Value, origin: SettingOrigin) {
        self.values.insert(key.to_owned(), SettingValue { value, origin });
    }

    /// Removes unknown settings and records a problem for each.
    fn remove_unknown(&mut self, known: &[String], problems: &mut Vec<ConfigProblem>) {
        self.values.retain(|key, setting| {
            let is_empty_section = matches!(&setting.value, Value::Table(_));
            let is_own_section = is_empty_section && named_sections::is_section(key);
            if known.contains(key) || is_own_section || named_sections::example_value(key).is_some() {
                return true;
            }
            let section = format!("{key}.");
            if is_section(known, &section) || named_sections::is_parent(key) {
                if !is_empty_section {
                    problems.push(ConfigProblem::new(key, "is a section, not a setting").with_origin(&setting.origin));
                }
                return false;
            }
            let siblings = named_sections::sibling_keys(key);
            let candidates = known.iter().chain(&siblings).map(String::as_str);
            let hint = suggest::suggest_key(key, candidates)
                .map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
            problems
                .push(ConfigProblem::new(key, format!("is not a known setting{hint}")).with_origin(&setting.origin));
            false
        });
    }
}

/// Parses `text` as a value of the type of `example`. Returns `None` if it is not of that type, and for strings.
fn parse_typed(text: &str, example: &Value) -> Option<Value> {
    if example.is_str() {
        return None;
    }
    let mut table: Table = format!("value = {text}").parse().ok()?;
    let value = table.remove("value").filter(|_| table.is_empty())?;
    let widens = example.is_float() && value.is_integer();
    (widens || value.same_type(example)).then_some(value)
}

fn is_section(known: &[String], prefix: &str) -> bool {
    known.iter().any(|key| key.starts_with(prefix))
}

fn read_table(file: &Path) -> Result<Table, ConfigProblem> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|error| ConfigProblem::new(&name, format!("cannot be read: {error}")))?;
    parse_table(&name, &text)
}

/// Parses TOML. An error has the number of the line but not its text, which may be a secret.
fn parse_table(name: &str, text: &str) -> Result<Table, ConfigProblem> {
    text.parse::<Table>().map_err(|error| {
        let upto = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = upto.matches('\n').count() + 1;
        ConfigProblem::new(name, format!("is not TOML: line {line}: {}", error.message()))
    })
}

/// Returns the name of the variable, the setting that it stands for, and its value.
fn parse_variable(name: &OsStr, value: &OsStr) -> Result<(String, String, String), ConfigProblem> {
    let not_text = |part: &str| {
        ConfigProblem::new(name.to_string_lossy(), format!("{part} of the environment variable is not UTF-8"))
    };
    let text = name.to_str().ok_or_else(|| not_text("the name"))?;
    let value = value.to_str().ok_or_else(|| not_text("the value"))?;
    let key = text.strip_prefix(ConfigSources::PREFIX).unwrap_or(text).to_lowercase().replace("__", ".");
    Ok((text.to_owned(), named_sections::key_from_variable(key), value.to_owned()))
}
