//! Reads settings as what they must be, and notes all that is wrong with them.

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

/// Where a value cannot be used, a problem is noted and a placeholder answered: a reader that noted
/// anything never ends in a configuration.
pub(super) struct SettingsReader {
    settings: LayeredSettings,
    problems: Vec<ConfigProblem>,
    /// What was asked for and as what: which setting nobody reads, and what each must be.
    requested: BTreeMap<String, SettingSpec>,
    secret_files: Vec<SecretFile>,
    /// How many of the problems were there before anything was read, if a source could not be read as a whole: what it
    /// would have set is not known, and whatever else is said of settings may be wrong.
    source_problem_count: Option<usize>,
}

/// A file that holds a secret, and the setting that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    pub setting: &'static str,
    pub path: PathBuf,
}

/// What a setting must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SettingSpec {
    pub kind: &'static str,
    /// The least and the most that it can be.
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

    /// What was read, if nothing was wrong with it.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, ConfigError> {
        if let Some(certain) = self.source_problem_count {
            self.problems.truncate(certain);
        }
        ConfigError::check(self.problems)?;
        read.ok_or_else(|| ConfigProblem::new("configuration", "could not be read").into())
    }

    /// Notes what is wrong with a setting. `reason` completes the sentence that begins with its name.
    pub(super) fn add_problem(&mut self, key: &str, reason: impl Into<String>) {
        let problem = ConfigProblem::new(key, reason);
        self.problems.push(match self.settings.get(key) {
            Some(setting) => problem.with_origin(&setting.origin),
            None => problem,
        });
    }

    /// The value, or `None` where there is none and where it is not what it must be.
    pub(super) fn get<T: SettingType>(&mut self, key: &str) -> Option<T> {
        self.record_spec(key, T::NAME, None);
        let read = T::from_value(&self.setting(key)?.value);
        if read.is_none() {
            self.add_problem(key, format!("is not {}", T::EXPECTED));
        }
        read
    }

    pub(super) fn get_bool(&mut self, key: &str) -> bool {
        self.get(key).unwrap_or_default()
    }

    /// A value that must lie within bounds.
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

    /// A text without spaces around it, or `None` when it is empty.
    pub(super) fn get_text(&mut self, key: &str) -> Option<String> {
        self.get::<String>(key).filter(|text| !text.is_empty())
    }

    /// The file named, or `None` when none is.
    pub(super) fn get_path(&mut self, key: &str) -> Option<PathBuf> {
        self.record_spec(key, "file", None);
        let text = self.get_text(key)?;
        let origin = self.origin(key)?;
        Some(self.settings.resolve(&text, &origin))
    }

    /// The files named in a list, in order. One that is empty or named twice is noted as a problem.
    pub(super) fn get_paths(&mut self, key: &str) -> Vec<PathBuf> {
        self.record_spec(key, "list of files", None);
        let (Some(names), Some(origin)) = (self.get::<Vec<String>>(key), self.origin(key)) else { return Vec::new() };
        let mut paths = Vec::with_capacity(names.len());
        for name in &names {
            let path = self.settings.resolve(name, &origin);
            if name.is_empty() {
                self.add_problem(key, "has an empty entry");
            } else if paths.contains(&path) {
                self.add_problem(key, format!("names {name} twice"));
            }
            paths.push(path);
        }
        paths
    }

    /// What is in the file named by `key`; noted as a problem when it cannot be read.
    pub(super) fn read_file(&mut self, key: &str, file: &Path) -> Option<String> {
        std::fs::read_to_string(file)
            .map_err(|error| self.add_problem(key, format!("cannot be read: {}: {error}", file.display())))
            .ok()
    }

    /// Notes that `file` holds a secret, so that whoever serves can look at its permissions.
    pub(super) fn add_secret_file(&mut self, setting: &'static str, path: &Path) {
        self.secret_files.push(SecretFile { setting, path: path.to_owned() });
    }

    /// Returns the files that were noted as holding secrets.
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

    /// The names of all settings that begin with `prefix`.
    pub(super) fn keys_under(&self, prefix: &str) -> Vec<String> {
        self.settings.iter().map(|(key, _)| key).filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
    }

    #[cfg(test)]
    pub(super) fn unread_keys(&self) -> Vec<String> {
        self.keys_under("").into_iter().filter(|key| !self.requested.contains_key(key)).collect()
    }

    /// What the setting was asked for as; `None` when nobody asked.
    pub(super) fn spec(&self, key: &str) -> Option<&SettingSpec> {
        self.requested.get(key)
    }

    /// Keeps what was said first: who asks for a file asks for a text after that.
    fn record_spec(&mut self, key: &str, kind: &'static str, bounds: Option<(String, String)>) {
        self.requested.entry(key.to_owned()).or_insert(SettingSpec { kind, bounds });
    }

    fn setting(&self, key: &str) -> Option<&SettingValue> {
        self.settings.get(key)
    }
}
