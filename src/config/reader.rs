//! A reader that converts settings to their types and collects all problems.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use toml::Table;

use super::{
    error::{ConfigError, ConfigProblem},
    setting_type::SettingType,
    settings::{LayeredSettings, SettingValue},
    sources::{ConfigSources, SettingOrigin},
};

/// A reader of settings. For an invalid value it records a problem and returns a placeholder; a reader with problems
/// never produces a configuration.
pub(super) struct SettingsReader {
    settings: LayeredSettings,
    problems: Vec<ConfigProblem>,
    /// The settings requested so far, each with its type and bounds.
    requested: BTreeMap<String, SettingSpec>,
    secret_files: Vec<SecretFile>,
    /// Number of problems found before any setting was read, if a source is unreadable as a whole. Its settings are
    /// unknown then, so later problems may be false.
    source_problem_count: Option<usize>,
}

/// A file that contains a secret, and the setting that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    pub setting: &'static str,
    pub path: PathBuf,
}

/// The type and bounds of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SettingSpec {
    pub kind: &'static str,
    /// The minimum and the maximum.
    pub bounds: Option<(String, String)>,
}

impl SettingsReader {
    pub(super) fn new(sources: &ConfigSources) -> Self {
        let (settings, problems) = LayeredSettings::from_sources(sources);
        let unreadable = settings.is_incomplete().then_some(problems.len());
        Self {
            settings,
            problems,
            requested: BTreeMap::new(),
            secret_files: Vec::new(),
            source_problem_count: unreadable,
        }
    }

    /// Returns `read` if there are no problems.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, ConfigError> {
        if let Some(certain) = self.source_problem_count {
            self.problems.truncate(certain);
        }
        ConfigError::check(self.problems)?;
        read.ok_or_else(|| ConfigProblem::new("configuration", "could not be read").into())
    }

    /// Records a problem with a setting. `reason` completes the sentence that begins with its name.
    pub(super) fn add_problem(&mut self, key: &str, reason: impl Into<String>) {
        let problem = ConfigProblem::new(key, reason);
        self.problems.push(match self.settings.get(key) {
            Some(setting) => problem.with_origin(&setting.origin),
            None => problem,
        });
    }

    /// Returns the value, or `None` if it is missing or not of type `T`.
    pub(super) fn get<T: SettingType>(&mut self, key: &str) -> Option<T> {
        self.record_spec(key, T::NAME, None);
        let read = T::from_value(&self.setting(key)?.value);
        if read.is_none() {
            self.add_problem(key, format!("is not {}", T::EXPECTED));
        }
        read
    }

    /// Returns the value, or `None` if it is an empty string or not of type `T`.
    pub(super) fn get_optional<T: SettingType>(&mut self, key: &str) -> Option<T> {
        self.record_spec(key, T::NAME, None);
        self.get_text(key)?;
        self.get(key)
    }

    pub(super) fn get_bool(&mut self, key: &str) -> bool {
        self.get(key).unwrap_or_default()
    }

    /// Returns a value that must lie within `bounds`.
    pub(super) fn get_in_range<T>(&mut self, key: &str, bounds: RangeInclusive<T>) -> T
    where
        T: SettingType + PartialOrd + Default,
    {
        self.record_spec(key, T::NAME, Some((bounds.start().describe(), bounds.end().describe())));
        let Some(value) = self.get::<T>(key) else { return T::default() };
        if !bounds.contains(&value) {
            let reason = format!("is not between {} and {}", bounds.start().describe(), bounds.end().describe());
            self.add_problem(key, reason);
        }
        value
    }

    /// Returns a string without surrounding spaces, or `None` if it is empty.
    pub(super) fn get_text(&mut self, key: &str) -> Option<String> {
        self.get::<String>(key).filter(|text| !text.is_empty())
    }

    /// Returns the path in a setting, or `None` if it is not set.
    pub(super) fn get_path(&mut self, key: &str) -> Option<PathBuf> {
        self.record_spec(key, "file", None);
        let text = self.get_text(key)?;
        let origin = self.origin(key)?;
        Some(self.settings.resolve(&text, &origin))
    }

    /// Returns the paths in a list, in order. An empty entry and a duplicate are problems.
    pub(super) fn get_paths(&mut self, key: &str) -> Vec<PathBuf> {
        self.record_spec(key, "list of files", None);
        let (Some(names), Some(origin)) = (self.get::<Vec<String>>(key), self.origin(key)) else { return Vec::new() };
        let mut paths = Vec::with_capacity(names.len());
        for name in &names {
            let path = self.settings.resolve(name, &origin);
            if name.is_empty() {
                self.add_problem(key, "has an empty entry");
            } else if paths.contains(&path) {
                self.add_problem(key, format!("lists {name} twice"));
            }
            paths.push(path);
        }
        paths
    }

    /// Returns the content of `file`, which `key` names. A file that cannot be read is a problem.
    pub(super) fn read_file(&mut self, key: &str, file: &Path) -> Option<String> {
        std::fs::read_to_string(file)
            .map_err(|error| self.add_problem(key, format!("cannot be read: {}: {error}", file.display())))
            .ok()
    }

    /// Records that the file contains a secret, so that its permissions are checked at startup.
    pub(super) fn add_secret_file(&mut self, setting: &'static str, path: &Path) {
        self.secret_files.push(SecretFile { setting, path: path.to_owned() });
    }

    /// Returns the files that contain secrets.
    pub(super) fn secret_files(&self) -> Vec<SecretFile> {
        self.secret_files.clone()
    }

    pub(super) fn get_tables(&mut self, key: &str) -> Vec<Table> {
        self.record_spec(key, "list of tables", None);
        let tables = self.setting(key).map(|setting| setting.value.clone().try_into());
        match tables {
            None => Vec::new(),
            Some(Ok(tables)) => tables,
            Some(Err(_)) => {
                self.add_problem(key, "is not a list of tables");
                Vec::new()
            }
        }
    }

    pub(super) fn origin(&self, key: &str) -> Option<SettingOrigin> {
        self.settings.get(key).map(|setting| setting.origin.clone())
    }

    /// Returns the names of all settings that begin with `prefix`.
    pub(super) fn keys_under(&self, prefix: &str) -> Vec<String> {
        self.settings.iter().map(|(key, _)| key).filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
    }

    #[cfg(test)]
    pub(super) fn unread_keys(&self) -> Vec<String> {
        self.keys_under("").into_iter().filter(|key| !self.requested.contains_key(key)).collect()
    }

    /// Returns the type and bounds with which a setting was requested, or `None` if it was not.
    pub(super) fn spec(&self, key: &str) -> Option<&SettingSpec> {
        self.requested.get(key)
    }

    /// Records the type and bounds of the first request: a file is requested again as a string.
    fn record_spec(&mut self, key: &str, kind: &'static str, bounds: Option<(String, String)>) {
        self.requested.entry(key.to_owned()).or_insert(SettingSpec { kind, bounds });
    }

    fn setting(&self, key: &str) -> Option<&SettingValue> {
        self.settings.get(key)
    }
}
