//! Reads settings as what they must be, and notes all that is wrong with them.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use toml::Table;

use super::{
    error::{ConfigError, Problem},
    kind::Kind,
    settings::{Setting, Settings},
    sources::{Origin, Sources},
};

/// Where a value cannot be used, a problem is noted and a placeholder answered: a reader that noted
/// anything never ends in a configuration.
pub(super) struct Reader {
    settings: Settings,
    problems: Vec<Problem>,
    /// What was asked for and as what: which setting nobody reads, and what each must be.
    asked: BTreeMap<String, Form>,
    secret_files: Vec<SecretFile>,
    /// How many of the problems were there before anything was read, if a source could not be read as a whole: what it
    /// would have set is not known, and whatever else is said of settings may be wrong.
    unreadable: Option<usize>,
}

/// A file that holds a secret, and the setting that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    pub setting: &'static str,
    pub path: PathBuf,
}

/// What a setting must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub kind: &'static str,
    /// The least and the most that it can be.
    pub bounds: Option<(String, String)>,
}

impl Reader {
    pub(super) fn new(sources: &Sources) -> Self {
        let (settings, problems) = Settings::gather(sources);
        let unreadable = settings.is_incomplete().then_some(problems.len());
        Self { settings, problems, asked: BTreeMap::new(), secret_files: Vec::new(), unreadable }
    }

    /// What was read, if nothing was wrong with it.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, ConfigError> {
        if let Some(certain) = self.unreadable {
            self.problems.truncate(certain);
        }
        ConfigError::check(self.problems)?;
        read.ok_or_else(|| Problem::new("configuration", "could not be read").into())
    }

    /// Notes what is wrong with a setting. `reason` completes the sentence that begins with its name.
    pub(super) fn refuse(&mut self, key: &str, reason: impl Into<String>) {
        let problem = Problem::new(key, reason);
        self.problems.push(match self.settings.get(key) {
            Some(setting) => problem.given_by(&setting.origin),
            None => problem,
        });
    }

    /// The value, or `None` where there is none and where it is not what it must be.
    pub(super) fn get<T: Kind>(&mut self, key: &str) -> Option<T> {
        self.note(key, T::NAME, None);
        let read = T::read(&self.setting(key)?.value);
        if read.is_none() {
            self.refuse(key, format!("is not {}", T::EXPECTED));
        }
        read
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.get(key).unwrap_or_default()
    }

    /// A value that must lie within bounds.
    pub(super) fn within<T>(&mut self, key: &str, bounds: RangeInclusive<T>) -> T
    where
        T: Kind + PartialOrd + Default,
    {
        self.note(key, T::NAME, Some((bounds.start().show(), bounds.end().show())));
        let Some(value) = self.get::<T>(key) else { return T::default() };
        if !bounds.contains(&value) {
            let reason = format!("is not between {} and {}", bounds.start().show(), bounds.end().show());
            self.refuse(key, reason);
        }
        value
    }

    /// A text without spaces around it, or `None` when it is empty.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.get::<String>(key).filter(|text| !text.is_empty())
    }

    /// The file named, or `None` when none is.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.note(key, "file", None);
        let text = self.text(key)?;
        let origin = self.origin(key)?;
        Some(self.settings.resolve(&text, &origin))
    }

    /// The files named in a list, in order. One that is empty or named twice is noted as a problem.
    pub(super) fn paths(&mut self, key: &str) -> Vec<PathBuf> {
        self.note(key, "list of files", None);
        let (Some(names), Some(origin)) = (self.get::<Vec<String>>(key), self.origin(key)) else { return Vec::new() };
        let mut paths = Vec::with_capacity(names.len());
        for name in &names {
            let path = self.settings.resolve(name, &origin);
            if name.is_empty() {
                self.refuse(key, "has an empty entry");
            } else if paths.contains(&path) {
                self.refuse(key, format!("names {name} twice"));
            }
            paths.push(path);
        }
        paths
    }

    /// What is in the file named by `key`; noted as a problem when it cannot be read.
    pub(super) fn contents(&mut self, key: &str, file: &Path) -> Option<String> {
        std::fs::read_to_string(file)
            .map_err(|error| self.refuse(key, format!("cannot be read: {}: {error}", file.display())))
            .ok()
    }

    /// Notes that `file` holds a secret, so that whoever serves can look at its permissions.
    pub(super) fn note_secret_file(&mut self, setting: &'static str, path: &Path) {
        self.secret_files.push(SecretFile { setting, path: path.to_owned() });
    }

    /// Returns the files that were noted as holding secrets.
    pub(super) fn secret_files(&self) -> Vec<SecretFile> {
        self.secret_files.clone()
    }

    pub(super) fn tables(&mut self, key: &str) -> Vec<Table> {
        self.note(key, "list of tables", None);
        let tables = self.setting(key).map(|setting| setting.value.clone().try_into());
        match tables {
            None => Vec::new(),
            Some(Ok(tables)) => tables,
            Some(Err(_)) => {
                self.refuse(key, "is not a list of tables");
                Vec::new()
            }
        }
    }

    pub(super) fn origin(&self, key: &str) -> Option<Origin> {
        self.settings.get(key).map(|setting| setting.origin.clone())
    }

    /// The names of all settings that begin with `prefix`.
    pub(super) fn keys_under(&self, prefix: &str) -> Vec<String> {
        self.settings.iter().map(|(key, _)| key).filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
    }

    #[cfg(test)]
    pub(super) fn never_asked_for(&self) -> Vec<String> {
        self.keys_under("").into_iter().filter(|key| !self.asked.contains_key(key)).collect()
    }

    /// What the setting was asked for as; `None` when nobody asked.
    pub(super) fn form(&self, key: &str) -> Option<&Form> {
        self.asked.get(key)
    }

    /// Keeps what was said first: who asks for a file asks for a text after that.
    fn note(&mut self, key: &str, kind: &'static str, bounds: Option<(String, String)>) {
        self.asked.entry(key.to_owned()).or_insert(Form { kind, bounds });
    }

    fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }
}
